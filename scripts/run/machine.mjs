import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { root } from './files.mjs';
import { fail } from './processes.mjs';

const megabytes = { run: 700, all: 2_000 };
const releases = 'https://github.com/nats-io/nats-server/releases';

/** Ends with a clear sentence when this machine lacks what no download brings; asked before there is one. */
export async function checkMachine(needs, opensPorts) {
  const { bavail, bsize } = statfsSync(root);
  const free = Math.floor((bavail * bsize) / 2 ** 20);
  if (free < megabytes[needs])
    fail(`${megabytes[needs]} MB of free disk space are needed in ${root}; there are ${free}.`);
  for (const [variable, port] of opensPorts ? usualPorts() : [])
    if (!(await isFree(port)))
      fail(
        `Port ${port} is taken. Use others: PORT_OFFSET=100 npm start moves all of them, ${variable}=… this one.`,
      );
  if (!(await canGetNats()))
    fail(
      `nats-server is missing, and ${releases} cannot be reached. Install it (macOS: brew install nats-server), or set NATS_SERVER_BIN to its path or NATS_URL to a running server.`,
    );
}

/** The ports of the services that come with Agora; those of added services are checked when they start. */
function usualPorts() {
  const offset = Number(process.env.PORT_OFFSET || 0);
  const names = ['GATEWAY', 'AUTH', 'POSTS', 'VOTES'];
  const usual = [
    ...names.flatMap((name, place) => [
      [`${name}_PORT`, 8000 + place],
      [`${name}_INTERNAL_PORT`, 9000 + place],
    ]),
    ...(process.env.SMTP_URL
      ? []
      : [
          ['MAILBOX_PORT', 8025],
          ['MAILBOX_SMTP_PORT', 1025],
        ]),
  ];
  return usual.map(([variable, port]) => [variable, Number(process.env[variable] || port + offset)]);
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1' }, () => server.close(() => resolve(true)));
  });
}

/** Whether nats-server is installed or can be obtained. */
async function canGetNats() {
  const { NATS_URL, NATS_SERVER_BIN, PATH = '', AGORA_CACHE_DIR, XDG_CACHE_HOME } = process.env;
  if (NATS_URL || NATS_SERVER_BIN) return true;
  const folders = [...PATH.split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  if (folders.some((folder) => isExecutable(join(folder, 'nats-server')))) return true;
  const caches = [
    AGORA_CACHE_DIR,
    '/var/cache/agora',
    '/var/tmp/agora-cache',
    join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'agora'),
  ];
  if (caches.some((folder) => folder && existsSync(folder))) return true;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) return true;
  return fetch(releases, { method: 'HEAD', signal: AbortSignal.timeout(10_000) }).then(
    () => true,
    () => false,
  );
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
