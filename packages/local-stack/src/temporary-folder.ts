import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isReachableByOthers } from './owned-folder.js';

/** Makes an empty folder for servers; root's where the unprivileged user that PostgreSQL runs as can go too. */
export function makeTemporaryFolder(): string {
  const isRoot = process.getuid?.() === 0;
  const parent = isRoot && !isReachableByOthers(tmpdir()) ? '/var/tmp' : tmpdir();
  const folder = mkdtempSync(join(parent, 'agora-test-'));
  if (isRoot) chmodSync(folder, 0o711);
  return folder;
}
