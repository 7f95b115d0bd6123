import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkout } from '@agora/local-stack';
import pg from 'pg';
import type { Bench } from '../../bench.js';
import { makeDatabase } from '../../system/databases.js';
import { familyTime } from '../../system/proc.js';
import { atMost, type Measure } from '../measure.js';

/** The old application as it was deployed: no index on the posts of votes. */
const monolith = (users: number, posts: number, votes: number) => `
  CREATE TABLE users (id serial PRIMARY KEY, email varchar NOT NULL UNIQUE, password varchar NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
  CREATE TABLE posts (
    id serial PRIMARY KEY, title varchar NOT NULL, content varchar NOT NULL, published boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(), owner_id integer NOT NULL REFERENCES users ON DELETE CASCADE);
  CREATE TABLE votes (user_id integer REFERENCES users ON DELETE CASCADE, post_id integer REFERENCES posts ON DELETE CASCADE, PRIMARY KEY (user_id, post_id));
  INSERT INTO users (email, password)
    SELECT 'user' || id || '@example.test', '$2b$12$IDYjouKS/zrmHFfnTocNuecx9Cp2/ZklnZhhU8mYt1dvyfmCIUadW' FROM generate_series(1, ${users}) AS id;
  INSERT INTO posts (title, content, published, owner_id)
    SELECT 'Post ' || id, repeat('Text ', 60), id % 20 > 0, 1 + id % ${users} FROM generate_series(1, ${posts}) AS id;
  INSERT INTO votes (user_id, post_id)
    SELECT 1 + n % ${users}, 1 + (n % ${users} * 7 + n / ${users} * 13) % ${posts} FROM generate_series(0, ${votes - 1}) AS n;
  ANALYZE;`;

/** The downtime of a migration: the old and the new application are both closed meanwhile. */
export const importMonolith: Measure = {
  name: 'import',
  about: 'npm run import-monolith of 20,000 users, 100,000 posts and 1,000,000 votes, times --scale',
  async take(bench) {
    const { scale } = bench.options;
    const [users, posts, votes] = [20_000 * scale, 100_000 * scale, 1_000_000 * scale].map(Math.round);
    const old = await makeDatabase(bench.servers, 'bench_monolith', 'template0');
    const agora = await makeDatabase(bench.servers, 'bench_import');
    const [oldClient, client] = [new pg.Client(old), new pg.Client(agora)];
    await Promise.all([oldClient.connect(), client.connect()]);
    try {
      await oldClient.query(monolith(users ?? 0, posts ?? 0, votes ?? 0));
      const before = familyTime(bench.servers.postgres.pid);
      const ran = await runImport(bench, old, agora, client);
      const postgres = (familyTime(bench.servers.postgres.pid) - before) / 1_000_000;
      const { rows } = await client.query<{ votes: number }>(
        'SELECT count(*)::int AS votes FROM votes.votes',
      );
      const invalid = ran.code === 0 ? undefined : `it ended with ${ran.code}: ${ran.output.slice(-300)}`;
      return {
        figures: [
          { name: 'CPU of the import', value: ran.cpu, unit: 's', target: atMost(60), invalid },
          { name: 'CPU of PostgreSQL, both databases', value: postgres, unit: 's', invalid },
          { name: 'until the first row is written', value: ran.first, unit: 's', target: atMost(5), invalid },
          { name: 'all of it', value: ran.seconds, unit: 's', invalid },
        ],
        rounds: [],
        notes: [`${rows[0]?.votes} votes`, ...ran.output.trim().split('\n')],
      };
    } finally {
      await Promise.all([oldClient.end(), client.end()]);
    }
  },
};

async function runImport(
  { servers, signal }: Bench,
  old: pg.ClientConfig,
  agora: pg.ClientConfig,
  client: pg.Client,
) {
  const { database: passwords } = servers.secrets;
  const startedAt = performance.now();
  // The shell says in the end what all that it has started used of the CPU.
  const child = spawn(
    'bash',
    ['-c', '"$@"; code=$?; times; exit $code', 'bash', process.execPath, script, '--yes'],
    {
      env: {
        PATH: process.env.PATH,
        MONOLITH_URL: `postgres://${old.user}:${String(old.password)}@${old.host}:${old.port}/${old.database}`,
        DATABASE_HOST: agora.host,
        DATABASE_PORT: String(agora.port),
        DATABASE_NAME: agora.database,
        AUTH_APP_PASSWORD: passwords.auth.app,
        POSTS_APP_PASSWORD: passwords.posts.app,
        VOTES_APP_PASSWORD: passwords.votes.app,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(child, 'close') as Promise<[number]>;
  let first = 0;
  while (first === 0 && child.exitCode === null) {
    const { rows } = await client.query('SELECT 1 FROM auth.users LIMIT 1');
    if (rows.length > 0) first = seconds(startedAt);
    else await sleep(20);
  }
  const [code] = await ended;
  const [, minutes, secondsUsed, systemMinutes, systemSeconds] =
    /(\d+)m([\d.]+)s (\d+)m([\d.]+)s\n$/.exec(output) ?? [];
  const cpu = (Number(minutes) + Number(systemMinutes)) * 60 + Number(secondsUsed) + Number(systemSeconds);
  return { code, output, first, cpu, seconds: seconds(startedAt) };
}

const script = join(checkout, 'tools/local-stack/dist/commands/import-monolith.js');
const seconds = (since: number) => (performance.now() - since) / 1_000;
