import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds this repository, wherever the command was given. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

export const modules = join(root, 'node_modules');

/** Where Node.js keeps what it has compiled, for the next start of every process. */
export const compileCache = join(modules, '.cache', 'node-compile');

/** The content of a JSON file, or undefined when there is none that can be read. */
export function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
