import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  promote,
  startPostgres,
  startStandby,
  type Postgres,
  type PostgresOptions,
} from '@agora/local-stack';
import { openFaultProxy, queryOn } from '@agora/testing';
import type pg from 'pg';
import { databaseServerOf, type DatabaseServer } from '../system/servers.js';
import type { Stop } from '../system/options.js';

/** A primary and a standby that follows it, behind an address that leads to the primary: what breaks the database breaks the primary. */
export interface DatabasePair extends DatabaseServer {
  /** Copies the primary to a new standby and waits until it follows, synchronously; the old one is gone. */
  follow(): Promise<void>;
  /** Whether a commit is acknowledged only once the standby has it. */
  setSynchronous(isOn: boolean): Promise<void>;
  /** Waits until the standby has replayed all that is committed now. */
  untilFollowed(): Promise<void>;
  /** Lets nothing reach the standby any more. */
  cutOffStandby(): void;
  /** Kills the primary, and promotes the standby after the given milliseconds. */
  failOver(milliseconds: number): Promise<void>;
  /** Makes the primary read-only, then promotes the standby; connections are cut once there is a new primary. */
  switchOver(): Promise<void>;
}

const patienceMilliseconds = 30_000;

/** Starts the primary; `follow` starts the standby. */
export async function startDatabasePair(
  { dataDirectory, logFile, password }: Pick<PostgresOptions, 'dataDirectory' | 'logFile' | 'password'>,
  stops: Stop[],
): Promise<DatabasePair> {
  let count = 1;
  const optionsOf = (place: number) => ({
    dataDirectory: `${dataDirectory}-${place}`,
    logFile: logFile.replace(/\.log$/, `-${place}.log`),
    password,
    durable: true,
  });
  let options = optionsOf(count);
  let primary = await startPostgres(options);
  let standby: Postgres | undefined;
  stops.push(() => Promise.all([primary.stop(), standby?.stop()]));
  const front = await openFaultProxy(primary.port);
  const stream = await openFaultProxy(primary.port);
  stops.push(() => Promise.all([front.stop(), stream.stop()]));

  const server = databaseServerOf({
    current: () => primary,
    start: async () => void (primary = await startPostgres({ ...options, port: primary.port })),
  });
  const makeStandbyPrimary = async () => {
    if (!standby) throw new Error('there is no standby');
    await promote(standby);
    primary = standby;
    standby = undefined;
    options = optionsOf(count);
    stream.heal();
    stream.leadTo(primary.port);
  };
  const pair: DatabasePair = {
    ...server,
    port: front.port,
    setSynchronous: (isOn) => setSynchronous(primary, isOn),
    async follow() {
      await setSynchronous(primary, false);
      await standby?.stop();
      if (standby) rmSync(standby.dataDirectory, { recursive: true });
      stream.heal();
      count += 1;
      standby = await startStandby({ ...primary, port: stream.port }, optionsOf(count));
      await pair.untilFollowed();
      await setSynchronous(primary, true);
    },
    async untilFollowed() {
      const [now] = await on<{ lsn: string }>(primary, 'SELECT pg_current_wal_flush_lsn() AS lsn');
      const statement = 'SELECT FROM pg_stat_replication WHERE replay_lsn >= $1';
      await until(
        async () => (await on(primary, statement, [now?.lsn])).length > 0,
        'the standby does not follow',
      );
    },
    cutOffStandby: () => stream.holdBack(),
    async failOver(milliseconds) {
      front.refuse();
      stream.refuse();
      await server.end('SIGKILL');
      await sleep(milliseconds);
      rmSync(primary.dataDirectory, { recursive: true });
      await makeStandbyPrimary();
      front.leadTo(primary.port);
      front.heal();
    },
    async switchOver() {
      const old = primary;
      // A commit that the standby does not have is never acknowledged: it waits for the standby until this server ends.
      await on(old, 'ALTER SYSTEM SET default_transaction_read_only = on');
      await on(old, 'SELECT pg_reload_conf()');
      await makeStandbyPrimary();
      front.leadTo(primary.port);
      await old.stop();
      rmSync(old.dataDirectory, { recursive: true });
    },
  };
  return pair;
}

async function setSynchronous(primary: Postgres, isOn: boolean): Promise<void> {
  await on(primary, `ALTER SYSTEM SET synchronous_standby_names = '${isOn ? 'standby' : ''}'`);
  await on(primary, 'SELECT pg_reload_conf()');
}

async function until(condition: () => Promise<boolean>, complaint: string): Promise<void> {
  const deadline = performance.now() + patienceMilliseconds;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(complaint);
    await sleep(50);
  }
}

/** Runs a statement on one of the two as its administrator. */
const on = <Row extends pg.QueryResultRow>(server: Postgres, text: string, values?: unknown[]) =>
  queryOn<Row>(server, text, values, 'postgres');
