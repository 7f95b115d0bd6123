import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { join } from 'node:path';
import { StackError } from '../machine/stack-error.js';
import { readManifest, type Manifest, type SavedFile } from './manifest.js';

/** Reads every file of a backup, and what it says of itself. Throws a StackError that says what is missing, damaged or of another version. */
export async function checkBackup(directory: string, root: string): Promise<Manifest> {
  const manifest = readManifest(directory, root);
  const tables = Object.values(manifest.schemas).flatMap(({ tables: saved }) => Object.values(saved));
  for (const file of [manifest.secrets, ...tables]) await checkFile(directory, file);
  return manifest;
}

async function checkFile(directory: string, { file, bytes, sha256 }: SavedFile): Promise<void> {
  const path = join(directory, file);
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found?.isFile()) throw new StackError(`The backup is incomplete: ${path} is missing.`);
  if (found.size !== bytes)
    throw new StackError(`The backup is damaged: ${path} has ${found.size} bytes instead of ${bytes}.`);
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  if (hash.digest('hex') !== sha256)
    throw new StackError(`The backup is damaged: ${path} does not hold what was written to it.`);
}
