import { homedir } from 'node:os';
import { join } from 'node:path';
import { isReachableByOthers, makeOwnedFolder } from './owned-folder.js';
import { StackError } from './stack-error.js';

/**
 * The folder for programs that all checkouts of this user share: `AGORA_CACHE_DIR`, or the usual place. Root's must be
 * open to the unprivileged user that PostgreSQL runs as.
 */
export function cacheFolder(): string {
  const { AGORA_CACHE_DIR: chosen } = process.env;
  const isRoot = process.getuid?.() === 0;
  for (const candidate of chosen ? [chosen] : isRoot ? rootCandidates() : userCandidates()) {
    if (makeOwnedFolder(candidate) && (!isRoot || isReachableByOthers(candidate))) return candidate;
  }
  throw new StackError(
    chosen
      ? `AGORA_CACHE_DIR=${chosen} can't be used: it must be a folder of yours${isRoot ? ' that every user can enter' : ''}.`
      : 'There is no folder for cached programs; set AGORA_CACHE_DIR to a folder of yours.',
  );
}

function rootCandidates(): string[] {
  return ['/var/cache/agora', '/var/tmp/agora-cache'];
}

function userCandidates(): string[] {
  const { XDG_CACHE_HOME: chosen } = process.env;
  return [
    join(chosen || join(homedir(), '.cache'), 'agora'),
    `/var/tmp/agora-cache-${process.getuid?.() ?? 'user'}`,
  ];
}
