/**
 * Fills one volume per container with the secrets of that container and no other. The values are random, made at the first
 * start and kept in a volume that only this command sees, so that every later start hands out the same.
 */
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { secretFiles } from './secret-files.mjs';

const [kept, given] = ['/secrets/kept', '/secrets/given'];
/** The users that the containers run as: ours, the postgres image's, and one for nats, whose image has none. */
const [agora, postgres, nats] = [10001, 999, 10002];
const owners = { postgres, nats };

const secretsOf = secretFiles(secret);
for (const file of ['nats.conf', 'authorization.conf'])
  secretsOf.nats[file] = readFileSync(new URL(file, import.meta.url), 'utf8');
for (const [container, files] of Object.entries(secretsOf)) {
  give(container, owners[container] ?? agora, files);
}
chownSync('/data/nats', nats, nats);
process.stdout.write('every container has its secrets\n');

/** The value of that name: 256 random bits, the same for ever. */
function secret(name) {
  const path = join(kept, name);
  if (!existsSync(path)) write(path, randomBytes(32).toString('hex'));
  return readFileSync(path, 'utf8');
}

function give(container, owner, contents) {
  for (const [name, content] of Object.entries(contents)) write(join(given, container, name), content, owner);
}

/** Whole or not at all, so that a start that was interrupted leaves no half secret behind. */
function write(path, content, owner = 0) {
  const draft = `${path}.draft`;
  rmSync(draft, { force: true });
  writeFileSync(draft, content, { mode: 0o400 });
  chownSync(draft, owner, owner);
  renameSync(draft, path);
}
