import { setTimeout as sleep } from 'node:timers/promises';
import type { Scene } from '../faults/fault.js';
import { randomFor } from '../random.js';
import { openClient } from './ask.js';
import { runClient } from './client.js';
import { joinAsModerator } from './join-agora.js';
import { mindAccounts } from './mind-account.js';
import { moderate } from './moderate.js';
import { createTry } from './try-request.js';
import { watchSessions } from './watch-sessions.js';
import type { Account } from './world.js';

export const clientCount = 8;
/** Those who end sessions and look whether anybody serves them still. */
const watcherCount = 3;

export interface Load {
  moderator: Account;
  /** Lets every client finish its current work. */
  stop(): Promise<void>;
}

/** Starts the load of a run: clients, users who end sessions, a moderator and an account manager. */
export async function startLoad(scene: Scene, seed: number): Promise<Load> {
  const { system, world, journal, findings } = scene;
  const moderator = await findModerator(scene);
  world.accounts.push(moderator);
  const calm = new AbortController();
  const open = () => openClient(system.origin);
  const clients = Array.from({ length: clientCount }, open);
  const using = clients.map(({ ask }, index) =>
    runClient({
      label: `c${index + 1}`,
      random: randomFor(seed, `client ${index + 1}`),
      world,
      findings,
      attempt: createTry(ask, journal, findings),
      signal: calm.signal,
    }),
  );
  const surroundings = {
    ...scene,
    moderator,
    replicas: system.replicas,
    received: system.mail.received,
    signal: calm.signal,
  };
  const watching = Array.from({ length: watcherCount }, (_, index) =>
    watchSessions({ ...surroundings, random: randomFor(seed, `watcher ${index + 1}`) }),
  );
  const others = [
    moderate({ ...surroundings, random: randomFor(seed, 'moderator') }),
    mindAccounts(surroundings),
  ];
  return {
    moderator,
    async stop() {
      calm.abort();
      await Promise.all([...using, ...watching, ...others]);
      for (const { close } of clients) close();
    },
  };
}

async function findModerator({ attempt, system, signal }: Scene): Promise<Account> {
  for (;;) {
    const moderator = await joinAsModerator(attempt, system.administration);
    if (moderator) return moderator;
    await sleep(200, undefined, { signal });
  }
}
