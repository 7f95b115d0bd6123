import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  startNats,
  startPostgres,
  type NatsOptions,
  type Postgres,
  type PostgresOptions,
  type ServerProcess,
} from '@agora/local-stack';

/** PostgreSQL or NATS, which are started again only when a fault says so. */
export interface Server {
  /** Ends it and waits until it has ended. */
  end(signal: NodeJS.Signals): Promise<void>;
  start(): Promise<void>;
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

export interface DatabaseServer extends Server {
  readonly port: number;
}

/** NATS, whose storage can be changed while it does not run, and which can be started with other settings. */
export interface EventServer extends Server {
  /** Of each node. */
  readonly ports: readonly number[];
  wipe(): void;
  /** Keeps what the storage holds now. */
  saveStorage(): void;
  /** Restores the saved storage. */
  rewindStorage(): void;
  startWith(settings: Partial<Pick<NatsOptions, 'accounts' | 'loginSeconds' | 'binary'>>): Promise<void>;
}

/** Starts PostgreSQL, durable: what it has acknowledged is to survive its being killed. */
export async function startDatabaseServer(options: PostgresOptions): Promise<DatabaseServer> {
  let postgres = await startPostgres(options);
  const { port } = postgres;
  const server = databaseServerOf({
    current: () => postgres,
    start: async () => void (postgres = await startPostgres({ ...options, port })),
  });
  return { ...server, port };
}

/** Handles the server that is `current` at the moment. */
export const databaseServerOf = ({
  current,
  start,
}: {
  current(): Postgres;
  start(): Promise<void>;
}): Server =>
  serverOf({
    current: () => current().process,
    // The postmaster alone would leave those it has at work already.
    everyone: () => [current().process.pid, ...childrenOf(current().process.pid)],
    start,
    stop: () => current().stop(),
  });

/** Starts NATS with JetStream. */
export async function startEventServer(options: NatsOptions): Promise<EventServer> {
  let nats = await startNats(options);
  let { binary } = options;
  const { port } = nats;
  const startWith = async (settings: Partial<NatsOptions>) => {
    // What a newer version has written no older one reads.
    binary = settings.binary ?? binary;
    nats = await startNats({ ...options, ...settings, ...(binary && { binary }), port });
  };
  const storage = join(options.storeDirectory, 'store');
  const saved = join(options.storeDirectory, 'saved');
  const server = serverOf({
    current: () => nats.process,
    everyone: () => [nats.process.pid],
    start: () => startWith({}),
    stop: () => nats.stop(),
  });
  const copy = (from: string, to: string) => {
    rmSync(to, { recursive: true, force: true });
    cpSync(from, to, { recursive: true });
  };
  return {
    ...server,
    ports: [port],
    startWith,
    wipe: () => rmSync(storage, { recursive: true, force: true }),
    saveStorage: () => copy(storage, saved),
    rewindStorage: () => copy(saved, storage),
  };
}

interface Handling {
  current(): ServerProcess;
  everyone(): number[];
  start(): Promise<void>;
  stop(): Promise<void>;
}

function serverOf({ current, everyone, start, stop }: Handling): Server {
  const resume = () => everyone().forEach((pid) => signal(pid, 'SIGCONT'));
  return {
    start,
    resume,
    pause: () => everyone().forEach((pid) => signal(pid, 'SIGSTOP')),
    async end(how) {
      signal(current().pid, how);
      await current().ended;
    },
    async stop() {
      resume();
      await stop();
    },
  };
}

function signal(pid: number, how: NodeJS.Signals): void {
  try {
    process.kill(pid, how);
  } catch {
    // It ended a moment ago.
  }
}

/** Read from /proc on Linux; none elsewhere. */
function childrenOf(pid: number): number[] {
  const path = `/proc/${pid}/task/${pid}/children`;
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}
