import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  httpClient,
  join,
  query,
  shareAgora,
  startAgora,
  statusesOf,
  type Agora,
  type HttpClient,
  type Person,
} from '@agora/testing';

const freshName = () => `n_${randomUUID().slice(0, 8)}_X`;

describe('names of users', () => {
  let agora: Agora;
  let ask: HttpClient;
  let ann: Person;
  let bob: Person;
  const register = (name: unknown) =>
    ask('POST', '/users', {
      json: { email: `${randomUUID()}@example.test`, password: 'correct horse', name },
    });
  const rename = (person: Person, name: unknown) =>
    ask('PATCH', '/users/me', { token: person.token, json: { name } });
  const factsOf = (person: Person) =>
    query<{ data: Record<string, unknown> }>(
      `SELECT envelope->'data' AS data FROM auth.outbox
       WHERE envelope->>'type' = 'auth.user-updated.v1' AND (envelope->'data'->>'user_id')::int = $1
       ORDER BY (envelope->'data'->>'version')::int`,
      [person.id],
    );

  beforeAll(async () => {
    agora = await shareAgora(['auth']);
    ask = httpClient(agora.process('auth').url);
    [ann, bob] = await Promise.all([join(ask), join(ask)]);
  });
  afterAll(() => agora.stop());

  it('are chosen at registration, shown to everybody and published to the other services', async () => {
    const name = freshName();
    const { status, body } = await register(name);
    expect([status, body.name]).toEqual([201, name]);
    const shown = await ask('GET', `/users/${String(body.id)}`, { token: ann.token });
    expect(shown.body).toEqual({ id: body.id, name, created_at: body.created_at });
    const [row] = await query<{ data: unknown }>(
      `SELECT envelope->'data' AS data FROM auth.outbox
       WHERE envelope->>'type' = 'auth.user-registered.v1' AND (envelope->'data'->>'user_id')::int = $1`,
      [body.id],
    );
    expect(row?.data).toMatchObject({ user_id: body.id, name });
  });

  it.each([
    null,
    '',
    'ab',
    'x'.repeat(31),
    'a b c',
    'ümlaut',
    'dot.dot',
    'new\nline',
    7,
    ['abc'],
    'user_2147483646',
    'USER_007',
  ])('may not be %j', async (name) => {
    for (const { status, body } of [await register(name), await rename(ann, name)]) {
      expect([status, body.errors?.map(({ field }) => field)]).toEqual([422, ['name']]);
    }
  });

  it('must be given in a PATCH', async () => {
    const { status, body } = await ask('PATCH', '/users/me', { token: ann.token, json: {} });
    expect([status, body.errors?.[0]?.field]).toEqual([422, 'name']);
  });

  it('are unique without regard to case', async () => {
    const name = freshName();
    expect((await rename(ann, name)).status).toBe(200);
    for (const answer of [await register(name.toLowerCase()), await rename(bob, name.toUpperCase())])
      expect([answer.status, answer.body.code]).toEqual([409, 'name_taken']);
    expect((await rename(ann, name.toUpperCase())).body.name).toBe(name.toUpperCase());
  });

  it('go to one of four concurrent registrations', async () => {
    const name = freshName();
    const answers = await Promise.all(Array.from({ length: 4 }, () => register(name)));
    expect(statusesOf(answers)).toEqual([201, 409, 409, 409]);
  });

  it('can be given up for the default name, which nobody else can take', async () => {
    await rename(bob, freshName());
    expect((await rename(bob, `user_${bob.id}`)).body.name).toBe(`user_${bob.id}`);
    expect((await rename(ann, `user_${bob.id}`)).status).toBe(422);
  });

  it('are published with a version that grows with each change', async () => {
    const cat = await join(ask);
    const [one, two] = [freshName(), freshName()];
    for (const name of [one, one, two]) await rename(cat, name);
    const facts = await factsOf(cat);
    expect(facts.map(({ data }) => data)).toMatchObject([
      { user_id: cat.id, name: one, version: 2 },
      { user_id: cat.id, name: two, version: 3 },
    ]);
  });

  it('are not reported as taken when the address is taken too', async () => {
    const name = freshName();
    await rename(ann, name);
    const { status, body } = await ask('POST', '/users', {
      json: { email: ann.email, password: 'correct horse', name },
    });
    expect([status, body.code]).toEqual([409, 'email_taken']);
  });
});

describe('with PUBLIC_EMAILS', () => {
  it('shows everybody the addresses of users', async () => {
    const agora = await startAgora(['auth'], { environment: { PUBLIC_EMAILS: 'true' } });
    const ask = httpClient(agora.process('auth').url);
    const [ann, bob] = [await join(ask), await join(ask)];
    const { body } = await ask('GET', `/users/${ann.id}`, { token: bob.token });
    await agora.stop();
    expect(body).toMatchObject({ id: ann.id, email: ann.email });
  });
});
