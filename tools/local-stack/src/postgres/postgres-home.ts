import { randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { isReachableByOthers, makeOwnedFolder } from '../machine/owned-folder.js';
import { postgresUser, type SystemUser } from './postgres-user.js';
import { StackError } from '../machine/stack-error.js';

/**
 * Where the data for `link` (`.data/postgres`) really is. An ordinary user's is right there. Root's is where the user
 * that PostgreSQL runs as can go, which `.data` is not, and `link` points to it.
 */
export function postgresHome(link: string): string {
  const user = postgresUser();
  if (!user || (!isLink(link) && isReachableByOthers(dirname(link)))) return link;
  return existingHome(link) ?? newHome(link, user);
}

function existingHome(link: string): string | undefined {
  if (!isLink(link)) return undefined;
  const home = readlinkSync(link);
  if (!existsSync(home)) return undefined;
  const owner = ownerFile(home);
  const claimed = existsSync(owner) ? readFileSync(owner, 'utf8') : link;
  if (claimed === link) return home;
  // A copied checkout has a copy of the link, and two servers on one data folder destroy it; a moved one may keep it.
  if (isLink(claimed) && readlinkSync(claimed) === home) return undefined;
  writeFileSync(owner, link);
  return home;
}

function newHome(link: string, user: SystemUser): string {
  const parent = ['/var/lib/agora', '/var/tmp/agora-data'].find((folder) => makeOwnedFolder(folder));
  if (!parent)
    throw new StackError(
      'PostgreSQL needs a place for its data: neither /var/lib nor /var/tmp can be written.',
    );
  const home = join(parent, randomBytes(8).toString('hex'), 'data');
  mkdirSync(dirname(home), { mode: 0o755 });
  mkdirSync(home, { mode: 0o700 });
  chownSync(home, user.uid, user.gid);
  writeFileSync(ownerFile(home), link);
  if (isLink(link)) rmSync(link);
  // A folder is there when the same checkout was used by an ordinary user before.
  else if (existsSync(link)) renameSync(link, `${link}.of-another-user`);
  symlinkSync(home, link);
  return home;
}

function ownerFile(home: string): string {
  return join(dirname(home), 'owner');
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}
