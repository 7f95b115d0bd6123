import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  beforeCommit,
  eventually,
  httpClient,
  join,
  query,
  startAgora,
  testSecret,
  type Agora,
  type HttpClient,
} from '@agora/testing';

interface Page {
  newest: number;
  revocations: { number: number; type: string; data: { user_id: number } }[];
  more: boolean;
}

let agora: Agora;

beforeAll(async () => {
  agora = await startAgora(['auth']);
});
afterAll(() => agora.stop());

const ask: HttpClient = (...request) => httpClient(agora.process('auth').internalUrl)(...request);
const read = async (after: number | string): Promise<Page> =>
  (await ask('GET', `/internal/revocations?after=${after}`, { token: agora.revocationsSecret }))
    .body as never;

/** The statement that adds a revocation, and its values. */
const revoke = (userId: number): [string, unknown[]] => {
  const envelope = {
    specversion: '1.0',
    id: randomUUID(),
    source: 'agora/auth',
    type: 'auth.user-deleted.v1',
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    data: { user_id: userId },
  };
  return ['INSERT INTO auth.outbox (event_id, envelope) VALUES ($1, $2)', [envelope.id, envelope]];
};

const usersOf = ({ revocations }: Page) => revocations.map(({ data }) => data.user_id);

describe('the numbers of revocations', () => {
  it('grow in the order of commits, so that a process that knows one knows all before it', async () => {
    const { newest } = await read(0);
    let first = await read(newest);
    await beforeCommit(...revoke(2_000_000_001), async () => {
      await query(...revoke(2_000_000_002));
      first = await read(newest);
      expect(usersOf(first)).toEqual([2_000_000_002]);
    });
    const second = await read(first.newest);
    expect(usersOf(second)).toEqual([2_000_000_001]);
    expect(second.newest).toBeGreaterThan(first.newest);
  });

  it('are in the events, each with the previous one', async () => {
    const { newest } = await read(0);
    for (const userId of [2_000_000_003, 2_000_000_004]) await query(...revoke(userId));
    const events = await query<{ revocation: string; previous: string }>(
      `SELECT envelope->'data'->>'revocation' AS revocation, envelope->'data'->>'previous_revocation' AS previous FROM auth.outbox
       WHERE (envelope->'data'->>'user_id')::int IN (2000000003, 2000000004) ORDER BY sequence`,
    );
    const { revocations } = await read(newest);
    const [one, two] = revocations.map(({ number }) => String(number));
    expect(events).toEqual([
      { revocation: one, previous: String(newest) },
      { revocation: two, previous: one },
    ]);
  });

  it('are assigned to the revocations of every endpoint', async () => {
    const people = httpClient(agora.process('auth').url);
    const [ann, bob, cleo] = [await join(people), await join(people), await join(people)];
    const { newest } = await read(0);
    await people('POST', '/logout', { token: ann.token });
    await people('DELETE', '/sessions', { token: bob.token });
    await people('DELETE', '/users/me', { token: cleo.token });
    const page = await read(newest);
    expect(page.revocations.map(({ type, data }) => [type, data.user_id])).toEqual([
      ['auth.session-revoked.v1', ann.id],
      ['auth.sessions-revoked.v1', bob.id],
      ['auth.user-deleted.v1', cleo.id],
    ]);
  });

  it('are never reused after the database has lost some', async () => {
    const { newest } = await read(0);
    await query('UPDATE auth.revocation_counter SET newest = 7');
    await query(...revoke(2_000_000_005));
    expect((await read(newest)).newest).toBeGreaterThan(newest);
  });
});

describe('GET /internal/revocations', () => {
  it('answers in pages', async () => {
    const { newest } = await read(0);
    await query(
      `INSERT INTO auth.revocations (number, event_id, type, data)
       SELECT $1::bigint + n, gen_random_uuid(), 'auth.user-deleted.v1', '{"user_id": 1}' FROM generate_series(1, 1500) n`,
      [newest],
    );
    const first = await read(newest);
    expect([first.more, first.revocations.length]).toEqual([true, 1_000]);
    const second = await read(first.revocations.at(-1)?.number ?? 0);
    expect([second.more, second.revocations.length]).toEqual([false, 500]);
    await query('DELETE FROM auth.revocations WHERE number > $1', [newest]);
  });

  it('needs its own secret, which opens nothing else', async () => {
    const statuses = async (path: string) => [
      (await ask('GET', path)).status,
      (await ask('GET', path, { token: testSecret })).status,
      (await ask('GET', path, { token: agora.revocationsSecret })).status,
    ];
    expect(await statuses('/internal/revocations?after=0')).toEqual([401, 401, 200]);
    expect(await statuses('/internal/events?after=0')).toEqual([401, 200, 401]);
  });

  it('refuses anything but a number', async () => {
    const { status } = await ask('GET', '/internal/revocations?after=1e9', {
      token: agora.revocationsSecret,
    });
    expect(status).toBe(404);
  });
});

it('is announced by a heartbeat with the newest number', async () => {
  const people = httpClient(agora.process('auth').url);
  const ann = await join(people);
  await people('POST', '/logout', { token: ann.token });
  const metrics = async () => (await fetch(`${agora.process('auth').internalUrl}/metrics`)).text();
  await eventually(async () => expect(await metrics()).toMatch(/^clock_skew_seconds -?0(\.\d+)?$/m), 3_000);
  expect(await metrics()).toMatch(/^revocations_known 1$/m);
});
