import { cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startNats, type Nats } from '@agora/local-stack';

/** A NATS server for one test file alone, which may do with it what it likes. */
export interface OwnNats {
  readonly url: string;
  /** Restarts it on the same port with the same data; this is the password from then on. */
  restart(password: string): Promise<void>;
  /** Stops it, brings its data back to what they are now whenever what this resolves to is called, and starts it again. */
  snapshot(password: string): Promise<() => Promise<void>>;
  /** Stops it; `restart` brings it back. */
  halt(): Promise<void>;
  /** It answers nothing until it is thawed, and its connections stay open. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

/** The only user of an own server. */
export const ownNatsUser = 'tester';

/** Starts one with that password. */
export async function startOwnNats(password: string, { hasJetStream = true } = {}): Promise<OwnNats> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'agora-own-nats-'));
  const port = await freePort();
  const start = (given: string) =>
    startNats({
      port,
      storeDirectory: folder,
      logFile: join(folder, 'nats.log'),
      durable: false,
      // An account with imports has no JetStream.
      accounts: [
        {
          name: 'OWN',
          users: [{ user: ownNatsUser, password: given }],
          ...(!hasJetStream && { imports: [] }),
        },
      ],
    });
  let running: Nats | undefined = await start(password);
  const signal = (name: NodeJS.Signals) => {
    if (running) process.kill(running.process.pid, name);
  };
  const halt = async () => {
    signal('SIGCONT');
    await running?.stop();
    running = undefined;
  };
  return {
    url: `nats://127.0.0.1:${port}`,
    halt,
    async restart(given) {
      await halt();
      running = await start(given);
    },
    async snapshot(given) {
      const copy = `${folder}-snapshot`;
      await halt();
      cpSync(folder, copy, { recursive: true });
      running = await start(given);
      return async () => {
        await halt();
        rmSync(folder, { recursive: true, force: true });
        cpSync(copy, folder, { recursive: true });
        rmSync(copy, { recursive: true, force: true });
        running = await start(given);
      };
    },
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    async stop() {
      await halt();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
