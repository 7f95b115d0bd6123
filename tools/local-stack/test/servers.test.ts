import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { startNats } from '../src/nats/nats.js';
import { startPostgres, type Postgres } from '../src/postgres/postgres.js';
import { runsWith } from '../src/processes/process-identity.js';
import { emptyFolder } from './temporary.js';

const stopping: (() => Promise<void>)[] = [];
// Registered after the clean-up of temporary.js, so it runs before: a server must not lose its folder while it runs.
afterEach(async () => {
  for (const stop of stopping.splice(0)) await stop();
});

function postgresOn(folder: string, password = 'right'): Promise<Postgres> {
  // The unprivileged user that root's PostgreSQL runs as has to get in.
  chmodSync(folder, 0o711);
  return startPostgres({
    dataDirectory: join(folder, 'postgres'),
    password,
    durable: false,
    logFile: join(folder, 'postgres.log'),
  });
}

async function query(postgres: Postgres, text: string, password = postgres.password) {
  const { host, port, user } = postgres;
  const client = new pg.Client({ host, port, user, password, database: 'postgres' });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(text)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

describe('PostgreSQL', () => {
  it('accepts only its password, keeps its data and folds letters beyond ASCII', async () => {
    const folder = emptyFolder();
    const first = await postgresOn(folder);
    stopping.push(first.stop);
    await expect(query(first, 'SELECT 1', 'wrong')).rejects.toThrow('password authentication failed');
    await query(first, 'CREATE TABLE kept AS SELECT 1 AS n');
    await first.stop();
    expect(await first.process.ended).toBe('exit code 0');
    const second = await postgresOn(folder);
    stopping.push(second.stop);
    expect(await query(second, "SELECT n, lower('ÄÖ') AS folded, 'É' ILIKE 'é' AS same FROM kept")).toEqual([
      { n: 1, folded: 'äö', same: true },
    ]);
  });

  it('ends a server that was left on its folder', async () => {
    const folder = emptyFolder();
    const forgotten = await postgresOn(folder);
    stopping.push(forgotten.stop);
    const next = await postgresOn(folder);
    stopping.push(next.stop);
    expect(forgotten.process.hasEnded()).toBe(true);
    expect(await query(next, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
  });

  it('ignores a postmaster.pid whose pid another program has now, and leaves that program alone', async () => {
    const folder = emptyFolder();
    const killed = await postgresOn(folder);
    process.kill(killed.process.pid, 'SIGKILL');
    await killed.process.ended;
    const file = join(folder, 'postgres', 'postmaster.pid');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^\d+/, String(process.ppid)));
    const next = await postgresOn(folder);
    stopping.push(next.stop);
    expect(await query(next, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
  });

  it('says what to do with data of another major version, and leaves them alone', async () => {
    const folder = emptyFolder();
    await (await postgresOn(folder)).stop();
    writeFileSync(join(folder, 'postgres', 'PG_VERSION'), '12\n');
    await expect(postgresOn(folder)).rejects.toThrow(
      /are of PostgreSQL 12, and this version of Agora brings PostgreSQL \d\d/,
    );
    expect(existsSync(join(folder, 'postgres', 'base'))).toBe(true);
  });

  it('reports in one line that it did not start, with its last output', async () => {
    const folder = emptyFolder();
    await (await postgresOn(folder)).stop();
    writeFileSync(join(folder, 'postgres', 'postgresql.conf'), 'nonsense = 1\n');
    await expect(postgresOn(folder)).rejects.toMatchObject({
      message: 'PostgreSQL did not start.',
      details: expect.stringContaining('nonsense'),
    });
    expect(existsSync(join(folder, 'postgres', 'postmaster.pid'))).toBe(false);
  });
});

describe('NATS', () => {
  const accounts = [{ name: 'AGORA', users: [{ user: 'auth', password: 'secret' }] }];
  const natsOn = (folder: string) =>
    startNats({
      storeDirectory: join(folder, 'nats'),
      accounts,
      durable: true,
      logFile: join(folder, 'nats.log'),
    });

  it('ends a server that was left on its folder, and stops when asked to', async () => {
    const folder = emptyFolder();
    const forgotten = await natsOn(folder);
    stopping.push(forgotten.stop);
    const next = await natsOn(folder);
    stopping.push(next.stop);
    expect(forgotten.process.hasEnded()).toBe(true);
    expect(runsWith(next.process.pid, next.configFile)).toBe(true);
    await next.stop();
    expect(next.process.hasEnded()).toBe(true);
  });

  it('keeps its passwords to itself', async () => {
    const folder = emptyFolder();
    const nats = await natsOn(folder);
    stopping.push(nats.stop);
    const { mode } = await import('node:fs').then(({ statSync }) => statSync(nats.configFile));
    expect(mode & 0o077).toBe(0);
  });
});
