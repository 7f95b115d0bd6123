import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { likelyFreePort } from '@agora/testing';
import type { Bench } from '../bench.js';
import { startRunning, type Running } from './running.js';

const scriptOf = (name: string) => fileURLToPath(new URL(`../../dist/floor/${name}.js`, import.meta.url));

/** Starts the floor of the hot reads on the database of posts, in its role. */
export const startFloor = (bench: Bench): Promise<Running> =>
  start(bench, 'main', '/feed', { DATABASE_URL: urlOf(bench, 'posts') });

/** Starts the floor of other requests on all three databases, with the key that auth signs with. */
export const startFloorOfOthers = (bench: Bench): Promise<Running> =>
  start(bench, 'others', '/', {
    AUTH_DATABASE_URL: urlOf(bench, 'auth'),
    POSTS_DATABASE_URL: urlOf(bench, 'posts'),
    VOTES_DATABASE_URL: urlOf(bench, 'votes'),
    SIGNING_KEY: bench.key.pem,
    KEY_ID: bench.key.id,
  });

/** Starts a proxy before `upstream` that is nothing but the HTTP of Node.js. */
export const startBareProxy = (bench: Bench, upstream: string): Promise<Running> =>
  start(bench, 'proxy', '/', { UPSTREAM: upstream });

function urlOf({ servers, system }: Bench, service: 'auth' | 'posts' | 'votes'): string {
  const { host, port } = servers.postgres;
  return `postgres://${service}_app:${servers.secrets.database[service].app}@${host}:${port}/${system.database.options.database}`;
}

async function start(
  { logs, signal, stops }: Bench,
  script: string,
  readyPath: string,
  settings: Record<string, string>,
): Promise<Running> {
  const port = await likelyFreePort();
  const env = { PATH: process.env.PATH, PORT: String(port), ...settings };
  const readyAt = `http://127.0.0.1:${port}${readyPath}`;
  const logFile = join(logs, `floor-${script}.log`);
  const args = [scriptOf(script)];
  return startRunning(
    { name: 'floor', file: process.execPath, args, env, port, logFile, readyAt, signal },
    stops,
  );
}
