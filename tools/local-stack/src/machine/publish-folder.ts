import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { systemCode } from './stack-error.js';

/**
 * Makes the folder `path` appear complete or not at all: `fill` works in a folder beside it, which then takes its place.
 * When two processes do so at once the first one wins.
 */
export async function publishFolder(path: string, fill: (draft: string) => Promise<void>): Promise<void> {
  if (existsSync(path)) return;
  const draft = await mkdtemp(`${path}.draft-`);
  try {
    await fill(draft);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    const lostTheRace = ['ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? '');
    if (!lostTheRace) throw error;
  }
}
