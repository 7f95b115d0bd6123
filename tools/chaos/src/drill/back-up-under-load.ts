import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  checkBackup,
  checkout,
  makeSecrets,
  restoreBackup,
  takeBackup,
  type Secrets,
  type ServiceName,
} from '@agora/local-stack';
import type pg from 'pg';
import type { Scene } from '../faults/fault.js';
import { startLoad } from '../load/start-load.js';
import type { World } from '../load/world.js';
import { knownBetween, remember, type Knowledge } from './known-at-backup.js';

/** A backup, and what it is compared with. */
export interface Loss {
  directory: string;
  /** What it must hold. */
  known: World;
  /** The state at the end, part of which came after the backup. */
  lost: World;
}

const loadSeconds = 10;
/** Whatever the machine is busy with. */
const fewestPosts = 30;
/** What happens after the backup. */
const lostSeconds = 6;

/** Puts Agora under load, takes a backup meanwhile, and continues the load for a while. */
export async function backUpUnderLoad(scene: Scene, seed: number, directory: string): Promise<Loss> {
  const { system, world, signal } = scene;
  const load = await startLoad(scene, seed);
  try {
    const wanted = world.posts.length + fewestPosts;
    while (world.posts.length < wanted) await sleep(100, undefined, { signal });
    await sleep(loadSeconds * 1_000, undefined, { signal });
    const before = remember(world);
    let after: Knowledge | undefined;
    await takeBackup({
      connection: system.database,
      secrets: system.secrets,
      directory,
      // The moment of the backup is past when its first table is written.
      wrote: () => void (after ??= remember(world)),
    });
    await sleep(lostSeconds * 1_000, undefined, { signal });
    return { directory, known: knownBetween(before, after ?? before), lost: world };
  } finally {
    await load.stop();
  }
}

/** The secrets that a restored system is started with: those of the backup, and new ones for its servers. */
export function secretsOf({ directory }: Loss): Secrets {
  const saved = JSON.parse(readFileSync(join(directory, 'secrets.json'), 'utf8')) as Partial<Secrets>;
  return { ...makeSecrets(), ...saved };
}

/** Fills some schemas from the backup, once it was found whole. */
export const restoring =
  ({ directory }: Loss, schemas: readonly ServiceName[]) =>
  async (connection: pg.ClientConfig): Promise<void> => {
    const manifest = await checkBackup(directory, checkout);
    await restoreBackup({ connection, directory, manifest, schemas });
  };
