import type { Route } from '../routes.js';

/** The work that a request causes, in points: one is up to some 20 ms of a core of any process. Hashing a password takes longest. */
const costs = new Map([
  // Two hashes, of a quarter of a second each.
  ['PUT /users/me/password', 25],
  ['PUT /users/me/email', 20],
  ['POST /users/me/totp', 20],
  ['POST /users/me/totp/removal', 20],
  ['PUT /password-resets', 20],
  ['GET /users/me/export', 50],
  ['GET /feed/stream', 5],
  ['GET /docs/swagger-ui-bundle.js', 10],
]);

const rowsOfPoint = 10;
const mostOfPage = 10;

/** What a request weighs before it is answered: pages by their size, others by what the endpoint does. */
export function costOf({ method, path }: Route, query: string): number {
  const known = costs.get(`${method} ${path}`);
  if (known !== undefined) return known;
  const rows = Number(/[?&]limit=(\d{1,9})(?:&|$)/.exec(query)?.[1] ?? 0);
  return Math.min(mostOfPage, Math.max(1, Math.ceil(rows / rowsOfPoint)));
}

const bytesOfPoint = 65_536;

/** What an answer weighs beyond that, by its size in bytes. */
export const costOfAnswer = (bytes: number): number => Math.floor(bytes / bytesOfPoint);

/** What each further minute of a stream weighs. */
export const costOfStreamMinute = 5;
