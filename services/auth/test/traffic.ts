import { setTimeout as later } from 'node:timers/promises';
import {
  eventually,
  httpClient,
  join,
  joinAll,
  type Agora,
  type HttpClient,
  type Person,
} from '@agora/testing';

/** People who refresh their session over and over, and use that token and their very first one at auth and posts all the while. */
export interface Traffic {
  /** A token that is signed now. */
  freshToken(): Promise<string>;
  /** Has people forget all other tokens than `wanted`, and resolves when none is in use. */
  useOnly(wanted: (token: string) => boolean): Promise<void>;
  /** Ends it, and answers what was answered with another status than 200. */
  stop(): Promise<{ refused: string[]; accepted: number }>;
}

/** Starts traffic of three people. */
export async function startTraffic(agora: Agora): Promise<Traffic> {
  const [auth, posts] = [httpClient(agora.process('auth').url), httpClient(agora.process('posts').url)];
  const people = await joinAll(auth, 3);
  const observer = await join(auth);
  const inUse = people.map(({ token }) => [token]);
  let isWanted = (_token: string) => true;
  const refused: string[] = [];
  let accepted = 0;
  let isStopping = false;

  const count = async (what: string, asked: ReturnType<HttpClient>) => {
    const { status, body } = await asked;
    if (status === 200) accepted += 1;
    else refused.push(`${what}: ${status} ${JSON.stringify(body)}`);
    return body;
  };
  // Not by logging in, of which an account can do 50 before its first session ends.
  const refresher = ({ refreshToken }: Person) => {
    let refresh_token = refreshToken;
    return async () => {
      const renewed = await count('refresh', auth('POST', '/refresh', { json: { refresh_token } }));
      refresh_token = String(renewed.refresh_token);
      return String(renewed.access_token);
    };
  };
  const live = async (person: Person, index: number) => {
    const refresh = refresher(person);
    while (!isStopping) {
      const tokens = [await refresh(), person.token].filter((token) => isWanted(token));
      inUse[index] = tokens;
      await Promise.all(
        tokens.flatMap((token) => [
          count('auth', auth('GET', '/users/me', { token })),
          count('posts', posts('GET', '/posts', { token })),
        ]),
      );
      // As people do: not as fast as the machine can.
      await later(100);
    }
  };
  const lives = people.map(live);
  return {
    freshToken: refresher(observer),
    async useOnly(wanted) {
      isWanted = wanted;
      await eventually(() => {
        if (!inUse.flat().every(wanted)) throw new Error('a token of before is still in use');
      });
    },
    async stop() {
      isStopping = true;
      await Promise.all(lives);
      return { refused, accepted };
    },
  };
}
