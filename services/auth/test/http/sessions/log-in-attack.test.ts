import { randomInt, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { httpClient, join, startAgora, type Agora, type HttpClient } from '@agora/testing';

let agora: Agora;

beforeAll(async () => {
  agora = await startAgora(['auth']);
});
afterAll(() => agora.stop());

/** A client at an address, as the gateway names it. */
const at =
  (address: string): HttpClient =>
  (method, path, ask) =>
    httpClient(agora.process('auth').url)(method, path, { ...ask, headers: { 'X-Forwarded-For': address } });

it('lets people in at an address that they have used before, within 2 s, while 100 others guess', async () => {
  const home = at(`198.51.100.${randomInt(256)}`);
  const { email, password } = await join(home);
  const logIn = async () => {
    const since = performance.now();
    const { status } = await home('POST', '/login', { form: { username: email, password } });
    return { status, milliseconds: performance.now() - since };
  };
  const quiet = [await logIn(), await logIn()];
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
  const logins = [];
  while (logins.length < 5) logins.push(await logIn());
  isOver = true;
  await Promise.all(attack);
  expect(logins.map(({ status }) => status)).toEqual(Array<number>(5).fill(200));
  const slowest = (of: typeof quiet) => Math.max(...of.map(({ milliseconds }) => milliseconds));
  // On a machine that needs half a second for a login that nobody disturbs, more than 2 s are not the guessers' doing.
  expect(slowest(logins)).toBeLessThan(Math.max(2_000, 8 * slowest(quiet)));
  expect([...statuses].filter((status) => ![403, 429, 503].includes(status))).toEqual([]);
}, 60_000);
