import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const door = fileURLToPath(new URL('../../../scripts/run.mjs', import.meta.url));

/** Makes an account of the stack in this checkout a moderator; false when there is none, or it has no such account. */
export const makeModerator = (email: string): Promise<boolean> =>
  new Promise((resolve) => {
    execFile(process.execPath, [door, 'accounts', 'grant', email, 'moderator'], (error) => resolve(!error));
  });
