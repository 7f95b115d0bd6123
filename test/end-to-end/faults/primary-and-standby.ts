import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { copyCluster, startPostgres, startStandby, type Postgres } from '@agora/local-stack';
import { currentStack, forgetStreams, query, queryOn } from '@agora/testing';

/** Servers of a test's own, whose database `agora` is empty, and their logs. */
export interface Pair {
  primary: Postgres;
  standby: Postgres;
  logs: { primary: string; standby: string };
  /** Starts the standby again after its end: as a primary once it has been promoted. */
  restartStandby(): Promise<void>;
  stop(): Promise<void>;
}

interface PairOptions {
  /** Whether the primary has written each commit to its log before it answers, and so has it sent to the standby at once. */
  durable: boolean;
  /** Runs on the primary before it is copied. */
  prepare?: string;
}

/** Starts a primary and a standby that follows it. What other tests have published is forgotten: it would be applied to this database, too. */
export async function startPair({ durable, prepare }: PairOptions): Promise<Pair> {
  await forgetStreams();
  const { postgres } = currentStack();
  const [{ directory } = { directory: '' }] = await query<{ directory: string }>(
    "SELECT current_setting('data_directory') AS directory",
  );
  const folder = mkdtempSync(join(dirname(directory), 'pair-'));
  chmodSync(folder, 0o755);
  const logs = { primary: join(folder, 'primary.log'), standby: join(folder, 'standby.log') };
  const [first, second] = [join(folder, 'first'), join(folder, 'second')];
  await copyCluster(postgres, first);
  const { password } = postgres;
  const primary = await startPostgres({ dataDirectory: first, password, durable, logFile: logs.primary });
  await queryOn(primary, 'CREATE DATABASE agora TEMPLATE agora_template', [], 'postgres');
  if (prepare) await queryOn(primary, prepare);
  const pair: Pair = {
    primary,
    standby: await startStandby(primary, { dataDirectory: second, logFile: logs.standby }),
    logs,
    async restartStandby() {
      const { port } = pair.standby;
      const options = { dataDirectory: second, password, durable: false, logFile: logs.standby, port };
      pair.standby = await startPostgres(options);
    },
    async stop() {
      await Promise.all([primary.stop(), pair.standby.stop()]);
      rmSync(folder, { recursive: true });
      await forgetStreams();
    },
  };
  return pair;
}
