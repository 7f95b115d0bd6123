import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  startNats,
  startPostgres,
  type NatsOptions,
  type PostgresOptions,
  type ServerProcess,
} from '@agora/local-stack';

/** PostgreSQL or NATS, which are started again only when a fault says so. */
export interface Server {
  readonly port: number;
  /** Ends it and waits until it has ended. */
  end(signal: NodeJS.Signals): Promise<void>;
  start(): Promise<void>;
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

/** NATS, whose storage can be changed while it does not run, and which can be started with other settings. */
export interface EventServer extends Server {
  wipe(): void;
  /** Keeps what the storage holds now. */
  saveStorage(): void;
  /** Puts back what the storage held when it was saved. */
  rewindStorage(): void;
  startWith(settings: Partial<Pick<NatsOptions, 'accounts' | 'loginSeconds'>>): Promise<void>;
}

/** Starts PostgreSQL, durable: what it has acknowledged is to survive its being killed. */
export async function startDatabaseServer(options: PostgresOptions): Promise<Server> {
  let postgres = await startPostgres(options);
  const { port } = postgres;
  return serverOf(port, {
    current: () => postgres.process,
    // The postmaster alone would leave those it has at work already.
    everyone: () => [postgres.process.pid, ...childrenOf(postgres.process.pid)],
    start: async () => void (postgres = await startPostgres({ ...options, port })),
    stop: () => postgres.stop(),
  });
}

/** Starts NATS with JetStream. */
export async function startEventServer(options: NatsOptions): Promise<EventServer> {
  let nats = await startNats(options);
  const { port } = nats;
  const startWith = async (settings: Partial<NatsOptions>) =>
    void (nats = await startNats({ ...options, ...settings, port }));
  const storage = join(options.storeDirectory, 'store');
  const saved = join(options.storeDirectory, 'saved');
  const server = serverOf(port, {
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

function serverOf(port: number, { current, everyone, start, stop }: Handling): Server {
  const resume = () => everyone().forEach((pid) => signal(pid, 'SIGCONT'));
  return {
    port,
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

/** By what Linux tells; elsewhere none. */
function childrenOf(pid: number): number[] {
  const path = `/proc/${pid}/task/${pid}/children`;
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}
