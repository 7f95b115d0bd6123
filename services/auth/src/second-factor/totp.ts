import { timingSafeEqual } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';

const issuer = 'Agora';
const period = 30;
const secretBytes = 20;

/** A new secret in base32, and the URI that authenticators read as a QR code. */
export function makeTotp(email: string): { secret: string; uri: string } {
  const secret = new Secret({ size: secretBytes });
  const uri = new TOTP({ issuer, label: email, secret, period }).toString();
  return { secret: secret.base32, uri };
}

/** The time step that a code belongs to, the current or the previous one (RFC 6238, 5.2); undefined when it belongs to neither. */
export function stepOf(secret: string, code: string, now = Date.now()): number | undefined {
  const totp = new TOTP({ secret: Secret.fromBase32(secret), period });
  const current = Math.floor(now / 1_000 / period);
  const given = Buffer.from(code);
  const isOf = (step: number) => {
    const expected = Buffer.from(totp.generate({ timestamp: step * period * 1_000 }));
    return expected.length === given.length && timingSafeEqual(expected, given);
  };
  return [current, current - 1].find(isOf);
}
