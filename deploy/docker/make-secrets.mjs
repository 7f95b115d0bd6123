/**
 * Fills one volume per container with the secrets of that container and no other. The values are random, made at the first
 * start and kept in a volume that only this command sees, so that every later start hands out the same.
 */
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import bcrypt from 'bcrypt';

const [kept, given] = ['/secrets/kept', '/secrets/given'];
/** As whom the containers run: ours, the postgres image's and, as its image has none, nats's. */
const [agora, postgres, nats] = [10001, 999, 10002];
const services = ['auth', 'posts', 'votes'];

const ownSecrets = {
  auth: { 'signing-key-secret': secret('signing-key'), 'internal-secret': secret('auth-internal') },
  posts: {
    'auth-internal-secret': secret('auth-internal'),
    'internal-secret': secret('posts-internal'),
    'votes-internal-secret': secret('votes-internal'),
    'cursor-secret': secret('cursor'),
  },
  votes: {
    'auth-internal-secret': secret('auth-internal'),
    'posts-internal-secret': secret('posts-internal'),
    'internal-secret': secret('votes-internal'),
  },
};

for (const service of services) {
  give(service, agora, {
    'database-password': secret(`${service}-app`),
    'nats-password': secret(`${service}-nats`),
    ...ownSecrets[service],
  });
  give(`migrate-${service}`, agora, { 'database-password': secret(`${service}-migrator`) });
}
give('streams', agora, { 'nats-password': secret('streams-nats') });
give('gateway', agora, { 'nats-password': secret('gateway-nats') });
give('postgres', postgres, { 'admin-password': secret('postgres') });
give('provision', agora, {
  'admin-password': secret('postgres'),
  ...Object.fromEntries(
    services.flatMap((service) =>
      ['app', 'migrator'].map((role) => [`${service}-${role}-password`, secret(`${service}-${role}`)]),
    ),
  ),
});
give('nats', nats, {
  'nats.conf': readFileSync(new URL('nats.conf', import.meta.url), 'utf8'),
  'authorization.conf': readFileSync(new URL('authorization.conf', import.meta.url), 'utf8'),
  'passwords.conf': [...services, 'gateway', 'streams'].map(hashedPassword).join(''),
});
chownSync('/data/nats', nats, nats);
process.stdout.write('every container has its secrets\n');

/** The value of that name: 256 random bits, the same for ever. */
function secret(name) {
  const path = join(kept, name);
  if (!existsSync(path)) write(path, randomBytes(32).toString('hex'));
  return readFileSync(path, 'utf8');
}

/** A line of NATS configuration. So many random bits need no costly hash, and NATS would spend it at every connection. */
function hashedPassword(user) {
  return `${user.toUpperCase()}_PASSWORD: "${bcrypt.hashSync(secret(`${user}-nats`), 4)}"\n`;
}

function give(container, owner, files) {
  for (const [name, content] of Object.entries(files)) write(join(given, container, name), content, owner);
}

/** Whole or not at all, so that a start that was interrupted leaves no half secret behind. */
function write(path, content, owner = 0) {
  const draft = `${path}.draft`;
  rmSync(draft, { force: true });
  writeFileSync(draft, content, { mode: 0o400 });
  chownSync(draft, owner, owner);
  renameSync(draft, path);
}
