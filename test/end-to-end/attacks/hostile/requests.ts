import fc, { type Arbitrary } from 'fast-check';
import { hostileForm, hostileQuery } from './forms.js';
import { hostileJson, postPlaceholders } from './json.js';
import type { PublicRoute } from '../../public-routes.js';
import { charactersOf, hostileString, mostly, oneOf } from './values.js';

export interface HostileRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Uint8Array;
  chunked: boolean;
  /** Whether it carries the attacker's own good token, or whatever else is in its headers. */
  authenticated: boolean;
}

/** Requests for the given routes: some well shaped, some not at all, most of them in between. */
export const hostileRequest = (routes: readonly PublicRoute[]): Arbitrary<HostileRequest> =>
  fc.oneof(...routes.map((route) => ({ weight: weightOf(route), arbitrary: requestTo(route) })));

/** Where there is more to get wrong, more is tried; what ends an account costs a new one. */
const weightOf = ({ method, path, reads }: PublicRoute): number =>
  (reads === 'nothing' ? 2 : 12) + (path.includes('{') ? 8 : 0) - (method === 'DELETE' ? 1 : 0);

const requestTo = (route: PublicRoute): Arbitrary<HostileRequest> =>
  fc.record({
    method: mostly(route.method, oneOf('GET HEAD POST PUT PATCH DELETE OPTIONS TRACE PROPFIND PURGE')),
    path: fc.tuple(pathTo(route), hostileQuery).map(([path, query]) => toTarget(path + query)),
    headers: headersTo(route),
    body: bodyOf(route),
    chunked: mostly(false, fc.constant(true)),
    authenticated: mostly(true, fc.constant(false)),
  });

function bodyOf({ reads }: PublicRoute): Arbitrary<Uint8Array> {
  const [usual, other] = reads === 'form' ? [hostileForm, hostileJson] : [hostileJson, hostileForm];
  return fc.oneof(
    { weight: 10, arbitrary: usual.map((text) => Buffer.from(text)) },
    { weight: 1, arbitrary: other.map((text) => Buffer.from(text)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  );
}

const id = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...Object.values(postPlaceholders), '1', '2147483647') },
  {
    weight: 3,
    arbitrary:
      oneOf(`me 0 -1 1.5 01 1e3 0x1 2147483648 ${'9'.repeat(30)} null __proto__ constructor %31 1%00 %2e%2e
      .. . 1;x=1 1,2 * ${'a'.repeat(2_100)} \u00e9 1# 1\\ 1'--`),
  },
  { weight: 1, arbitrary: hostileString },
);

const bends: ((path: string) => string)[] = [
  (path) => `${path}/`,
  (path) => `/${path}`,
  (path) => `${path}//`,
  (path) => `/.${path}`,
  (path) => `/posts/..${path}`,
  (path) => `/internal${path}`,
  (path) => path.toUpperCase(),
  (path) => path.replace('s', '%73'),
  (path) => `http://127.0.0.1${path}`,
  (path) => path.slice(1),
  (path) => `${path}/extra`,
  (path) => `${path};x`,
];

const pathTo = ({ path }: PublicRoute): Arbitrary<string> =>
  fc
    .tuple(
      id,
      mostly((same: string) => same, fc.constantFrom(...bends)),
    )
    .map(([given, bend]) => bend(path.replace(/\{\w+\}/, () => given)));

/** What Node's client takes for a request target; it refuses to send the rest. */
const toTarget = (path: string): string =>
  path.replaceAll(/[^\u0021-\u00ff]/gu, (character) => encodeURIComponent(character.toWellFormed())) || '/';

const usualTypes = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  nothing: 'application/json',
};
const otherTypes = oneOf(`
  application/json;charset=utf-8 application/json;charset=utf-16 text/plain multipart/form-data;boundary=x application/xml
  application/x-www-form-urlencoded application/jsonx application/json,text/plain ;`);

const name = oneOf(`
  accept accept-encoding accept-language authorization content-encoding cookie if-match if-none-match if-modified-since
  idempotency-key consistency-token last-event-id origin range referer user-agent traceparent x-request-id x-forwarded-for
  x-forwarded-host forwarded x-http-method-override x-original-url x-user-id x_user_id upgrade te`);
/** A Consistency-Token of a write long ago. */
const oldToken =
  'eyJ0aW1lIjoiMjAwMS0wMS0wMVQwMDowMDowMC4wMDBaIiwiZXZlbnRzIjpbWyIwMDAwMDAwMC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDAiLCJ2b3Rlcy52b3RlLWNhc3QudjEiXV19';
const value = fc.oneof(
  oneOf(
    `* 1 -1 W/"1" " "a","b" gzip identity null bytes=0-99999999999 ../x ${oldToken} \u00ff\u00fe ${'x'.repeat(4_000)}`,
  ),
  charactersOf(0x20, 0x7e),
  charactersOf(0xa0, 0xff),
);
const strange = fc.dictionary(name, value, { maxKeys: 6, noNullPrototype: true });

const headersTo = ({ reads }: PublicRoute): Arbitrary<Record<string, string>> =>
  fc
    .tuple(mostly(usualTypes[reads], otherTypes), fc.oneof(fc.constant({}), strange))
    .map(([type, headers]) => Object.assign({ 'content-type': type }, headers));
