import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { httpClient, join, query, startAgora, type Agora, type HttpClient } from '@agora/testing';

describe('POST /refresh with a grace for used tokens', () => {
  let agora: Agora;
  let ask: HttpClient;
  const refresh = (token: unknown) => ask('POST', '/refresh', { json: { refresh_token: token } });

  beforeAll(async () => {
    agora = await startAgora(['auth'], { environment: { REFRESH_REUSE_GRACE_SECONDS: '60' } });
    ask = httpClient(agora.process('auth').url);
  });
  afterAll(() => agora.stop());

  it('answers a used token with the same successor each time, which is stored once, as a hash', async () => {
    const { refreshToken, id } = await join(ask);
    const first = await refresh(refreshToken);
    const others = await Promise.all(Array.from({ length: 5 }, () => refresh(refreshToken)));
    for (const { status, body } of others)
      expect([status, body.refresh_token]).toEqual([200, first.body.refresh_token]);
    const kept = await query<{ hash: string }>(
      `SELECT encode(hash, 'hex') AS hash FROM auth.refresh_tokens
       JOIN auth.sessions ON sessions.id = session_id WHERE user_id = $1`,
      [id],
    );
    expect(kept).toHaveLength(2);
    expect((await refresh(first.body.refresh_token)).status).toBe(200);
  });

  it('ends the session when a token is used again after its successor', async () => {
    const { refreshToken } = await join(ask);
    const second = await refresh(refreshToken);
    const third = await refresh(second.body.refresh_token);
    expect((await refresh(refreshToken)).status).toBe(401);
    expect((await refresh(third.body.refresh_token)).status).toBe(401);
  });

  it('ends the session when a token is used again after the grace period', async () => {
    const { refreshToken, id } = await join(ask);
    const second = await refresh(refreshToken);
    await query(
      `UPDATE auth.refresh_tokens SET used_at = used_at - interval '61 seconds'
       FROM auth.sessions WHERE sessions.id = session_id AND user_id = $1`,
      [id],
    );
    expect((await refresh(refreshToken)).status).toBe(401);
    expect((await refresh(second.body.refresh_token)).status).toBe(401);
  });

  it('gives different sessions different successors', async () => {
    const [ann, bob] = [await join(ask), await join(ask)];
    const [one, other] = [await refresh(ann.refreshToken), await refresh(bob.refreshToken)];
    expect(one.body.refresh_token).not.toBe(other.body.refresh_token);
    expect(one.body.refresh_token).toMatch(/^[\w-]{43}$/);
  });
});
