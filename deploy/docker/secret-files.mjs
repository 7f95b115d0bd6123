import { hashPassword } from './bcrypt.mjs';

const services = ['auth', 'posts', 'votes'];
/** Teams outside that read events: docs/events.md. */
const outsideConsumers = [];

/** The mailbox of Docker Compose; wherever mail is to arrive somebody puts another URL in its place. */
const smtpUrl = 'smtp://mailbox:1025';

/** What each container reads, by the names of the files; `secret` gives the value of a name, the same whenever it is asked for. */
export function secretFiles(secret) {
  const ownSecrets = {
    auth: {
      'signing-key-secret': secret('signing-key'),
      'smtp-url': smtpUrl,
      'internal-secret': secret('auth-internal'),
      'posts-internal-secret': secret('posts-internal'),
      'votes-internal-secret': secret('votes-internal'),
    },
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
    provision: { 'admin-password': secret('postgres') },
    gateway: { 'nats-password': secret('gateway-nats'), 'revocations-secret': secret('revocations') },
    streams: { 'nats-password': secret('streams-nats') },
    nats: {
      'passwords.conf': [...services, 'gateway', 'streams', ...outsideConsumers].map(hashedPassword).join(''),
    },
  };
  for (const service of services) {
    const [app, migrator] = [secret(`${service}-app`), secret(`${service}-migrator`)];
    files[service] = {
      'database-password': app,
      'nats-password': secret(`${service}-nats`),
      'revocations-secret': secret('revocations'),
      ...ownSecrets[service],
    };
    files[`migrate-${service}`] = { 'database-password': migrator };
    files.provision[`${service}-app-password`] = app;
    files.provision[`${service}-migrator-password`] = migrator;
  }
  return files;

  /** A line of NATS configuration. So many random bits need no costly hash, and NATS would spend it at every connection. */
  function hashedPassword(user) {
    return `${user.toUpperCase()}_PASSWORD: "${hashPassword(secret(`${user}-nats`), 4)}"\n`;
  }
}
