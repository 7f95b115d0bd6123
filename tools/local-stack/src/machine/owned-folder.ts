import { accessSync, chmodSync, constants, lstatSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes `path` if it is missing and answers whether it is a folder of this user that nobody else can write to. A folder
 * prepared by somebody else in a public place could hold any program.
 */
export function makeOwnedFolder(path: string, mode = 0o755): boolean {
  try {
    mkdirSync(path, { recursive: true, mode });
    const status = lstatSync(path);
    if (!status.isDirectory() || status.uid !== process.getuid?.()) return false;
    if ((status.mode & 0o777) !== mode) chmodSync(path, mode);
    accessSync(path, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whether every user of the machine can get to `path`. */
export function isReachableByOthers(path: string): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}
