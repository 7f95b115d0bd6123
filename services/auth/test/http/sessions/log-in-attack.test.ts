import { randomInt, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { httpClient, join, shareAgora, type Agora, type HttpClient } from '@agora/testing';

let agora: Agora;

beforeAll(async () => {
  agora = await shareAgora(['auth']);
});
afterAll(() => agora.stop());

/** A client at an address, as the gateway names it. */
const at =
  (address: string): HttpClient =>
  (method, path, ask) =>
    httpClient(agora.process('auth').url)(method, path, { ...ask, headers: { 'X-Forwarded-For': address } });

it('lets ten users log in within 2 s from addresses that they have used before, while 100 clients guess', async () => {
  const addresses = `198.51.${randomInt(256)}`;
  const people = await Promise.all(
    Array.from({ length: 10 }, async (_, n) => {
      const home = at(`${addresses}.${n}`);
      return { home, ...(await join(home)) };
    }),
  );
  const logIn = async ({ home, email, password }: (typeof people)[number]) => {
    const since = performance.now();
    const { status } = await home('POST', '/login', { form: { username: email, password } });
    return { status, milliseconds: performance.now() - since };
  };
  const oneAfterTheOther = async () => {
    const logins = [];
    for (const person of people) logins.push(await logIn(person));
    return logins;
  };
  const quiet = await oneAfterTheOther();
  let isOver = false;
  const statuses = new Set<number>();
  // Not by the client of the tests, which checks each answer against the document: the guessers share a processor with who is timed.
  const guess = async (network: number) => {
    while (!isOver) {
      const { status } = await fetch(`${agora.process('auth').url}/login`, {
        method: 'POST',
        headers: { 'X-Forwarded-For': `2001:db8:${network.toString(16)}:1::1` },
        body: new URLSearchParams({ username: `${randomUUID()}@example.test`, password: 'wrong' }),
      });
      statuses.add(status);
    }
  };
  const attack = Array.from({ length: 100 }, (_, network) => guess(network));
  const logins = await oneAfterTheOther();
  isOver = true;
  await Promise.all(attack);
  expect(logins.map(({ status }) => status)).toEqual(people.map(() => 200));
  const median = (of: typeof quiet) =>
    of.map(({ milliseconds }) => milliseconds).toSorted((one, other) => one - other)[5] ?? 0;
  // On a machine that needs half a second for a login that nobody disturbs, more than 2 s are not the guessers' doing.
  expect(median(logins)).toBeLessThan(Math.max(2_000, 8 * median(quiet)));
  expect([...statuses].filter((status) => ![403, 429, 503].includes(status))).toEqual([]);
}, 120_000);
