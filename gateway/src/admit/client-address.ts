import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/**
 * The client's address: the socket's, or with so many trusted proxies in front what the outermost of them wrote, the
 * `trustedHops`-th from the right of X-Forwarded-For, or of Forwarded (RFC 7239) where there is no other. Whatever stands to the left of
 * it the client may have made up.
 */
export function clientAddress({ socket, headers }: IncomingMessage, trustedHops: number): string {
  const named = trustedHops > 0 ? addressIn(hopsOf(headers).at(-trustedHops) ?? '') : undefined;
  return (named ?? socket.remoteAddress ?? '').replace(/^::ffff:(?=[\d.]+$)/i, '');
}

/** Split at each comma, also in quotes: a quote that a client leaves open must not swallow what a proxy adds. */
function hopsOf(headers: IncomingMessage['headers']): string[] {
  const forwardedFor = headers['x-forwarded-for'];
  if (forwardedFor !== undefined) return String(forwardedFor).split(',');
  return (headers['forwarded'] ?? '')
    .split(',')
    .map((element) => /(?:^|;)\s*for\s*=\s*("[^"]*"|[^;]*)/i.exec(element)?.[1]?.replaceAll('"', '') ?? '');
}

/** The address in `203.0.113.9`, `203.0.113.9:5555`, `2001:db8::1` or `[2001:db8::1]:443`. */
function addressIn(hop: string): string | undefined {
  const text = hop.trim();
  const bare = isIP(text) ? text : text.replace(/:\d{1,5}$/, '').replace(/^\[(.*)\]$/, '$1');
  return isIP(bare) ? bare : undefined;
}
