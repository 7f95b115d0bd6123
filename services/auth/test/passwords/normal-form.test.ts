import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { httpClient, query, shareAgora, type Agora, type HttpClient } from '@agora/testing';
import bcrypt from 'bcrypt';

// Ten characters; 30 bytes when accents are characters of their own (NFD), 20 when they are not (NFC).
const composed = 'éüåñôéüåñô'.normalize('NFC');
const decomposed = composed.normalize('NFD');

describe('a password with accents', () => {
  let agora: Agora;
  let ask: HttpClient;
  beforeAll(async () => {
    agora = await shareAgora(['auth']);
    ask = httpClient(agora.process('auth').url);
  });
  afterAll(() => agora.stop());

  const register = async (password: string) => {
    const email = `${randomUUID()}@example.test`;
    const { status } = await ask('POST', '/users', { json: { email, password } });
    return { email, status };
  };
  const logIn = async (username: string, password: string) =>
    (await ask('POST', '/login', { form: { username, password } })).status;

  it('is the same however its accents are written', async () => {
    const { email } = await register(decomposed);
    expect([await logIn(email, composed), await logIn(email, decomposed)]).toEqual([200, 200]);
    expect(await logIn(email, `${composed}x`)).toBe(403);
  });

  it('is measured in its composed form', async () => {
    const long = decomposed.repeat(3);
    expect([Buffer.byteLength(long), (await register(long)).status]).toEqual([90, 201]);
    expect((await register('é'.repeat(3))).status).toBe(422);
  });

  it('is accepted for an older hash of another form', async () => {
    const { email } = await register('anything else');
    const hash = await bcrypt.hash(decomposed, 10);
    await query('UPDATE auth.users SET password_hash = $1 WHERE email = $2', [hash, email]);
    expect([await logIn(email, decomposed), await logIn(email, composed)]).toEqual([200, 200]);
  });
});
