/**
 * `node make-secrets.mjs`: prints the Secrets that the pods mount, each with random values, as one List for `kubectl create`.
 * Secrets that go together (the password of a role, and of who connects as it) get the same value.
 */
import { randomBytes } from 'node:crypto';
import bcrypt from 'bcrypt';

const services = ['auth', 'posts', 'votes'];
const made = new Map();

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

const files = {
  postgres: { 'admin-password': secret('postgres') },
  provision: {
    'admin-password': secret('postgres'),
    ...Object.fromEntries(
      services.flatMap((service) =>
        ['app', 'migrator'].map((role) => [`${service}-${role}-password`, secret(`${service}-${role}`)]),
      ),
    ),
  },
  ...Object.fromEntries(
    services.flatMap((service) => [
      [
        service,
        {
          'database-password': secret(`${service}-app`),
          'nats-password': secret(`${service}-nats`),
          ...ownSecrets[service],
        },
      ],
      [`migrate-${service}`, { 'database-password': secret(`${service}-migrator`) }],
    ]),
  ),
  gateway: { 'nats-password': secret('gateway-nats') },
  streams: { 'nats-password': secret('streams-nats') },
  nats: { 'passwords.conf': [...services, 'gateway', 'streams'].map(hashedPassword).join('') },
};

const list = {
  apiVersion: 'v1',
  kind: 'List',
  items: Object.entries(files).map(([name, stringData]) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'agora', labels: { 'app.kubernetes.io/part-of': 'agora' } },
    stringData,
  })),
};
process.stdout.write(`${JSON.stringify(list, undefined, 2)}\n`);

/** The value of that name: 256 random bits, the same wherever it is asked for. */
function secret(name) {
  if (!made.has(name)) made.set(name, randomBytes(32).toString('hex'));
  return made.get(name);
}

/** A line of NATS configuration. So many random bits need no costly hash, and NATS would spend it at every connection. */
function hashedPassword(user) {
  return `${user.toUpperCase()}_PASSWORD: "${bcrypt.hashSync(secret(`${user}-nats`), 4)}"\n`;
}
