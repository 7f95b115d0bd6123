import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { likelyFreePort } from '@agora/testing';
import type { Bench } from '../bench.js';
import { startRunning, type Running } from './running.js';

const script = fileURLToPath(new URL('../../dist/floor/main.js', import.meta.url));

/** Starts the floor on the database of posts, in its role. */
export async function startFloor({ servers, system, logs, signal, stops }: Bench): Promise<Running> {
  const port = await likelyFreePort();
  const { host, port: databasePort } = servers.postgres;
  const env = {
    PATH: process.env.PATH,
    PORT: String(port),
    DATABASE_URL: `postgres://posts_app:${system.postsPassword}@${host}:${databasePort}/${system.database.options.database}`,
  };
  const readyAt = `http://127.0.0.1:${port}/feed`;
  const logFile = join(logs, 'floor.log');
  return startRunning(
    { name: 'floor', file: process.execPath, args: [script], env, port, logFile, readyAt, signal },
    stops,
  );
}
