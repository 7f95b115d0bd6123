import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endLeftover, type Steps } from '../processes/end-process.js';
import { freePort } from '../machine/free-port.js';
import { natsConfig, type NatsAccount, type NatsNode } from './nats-config.js';
import { findNatsServer, type NatsBinary } from './nats-server.js';
import { startProcess, type ServerProcess } from '../processes/server-process.js';
import { StackError } from '../machine/stack-error.js';

export interface NatsOptions {
  storeDirectory: string;
  accounts: NatsAccount[];
  durable: boolean;
  logFile: string;
  /** How long clients have to log in, in seconds; the server's own limit when left out. */
  loginSeconds?: number;
  /** Its place in a cluster; alone when left out. */
  cluster?: NatsNode;
  /** The port to listen on; a free one when left out. */
  port?: number;
  /** The server to run; looked for when left out. */
  binary?: NatsBinary;
}

export interface Nats {
  url: string;
  port: number;
  configFile: string;
  process: ServerProcess;
  stop(): Promise<void>;
}

/** How the server is asked to end. */
export const natsEndings: Steps = [
  ['SIGTERM', 3000],
  ['SIGKILL', 1000],
];

/** Starts nats-server with JetStream on 127.0.0.1 and answers when it greets clients. A server left over on the folder is ended first. */
export async function startNats(options: NatsOptions): Promise<Nats> {
  const binary = options.binary ?? (await findNatsServer());
  mkdirSync(options.storeDirectory, { recursive: true, mode: 0o700 });
  const folder = realpathSync(options.storeDirectory);
  await endLeftoverNats(folder);
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort());
    const server = await launch(binary, folder, port, options);
    if (await isReady(server, port)) return describe(server, port, folder);
    await server.end(natsEndings);
    const portLost = /address already in use/.test(server.lastWords());
    if (attempt === 5 || !portLost) throw new StackError('nats-server did not start.', server.lastWords());
    await sleep(100 * attempt);
  }
}

function describe(server: ServerProcess, port: number, folder: string): Nats {
  const stop = () => server.end(natsEndings);
  return { url: `nats://127.0.0.1:${port}`, port, configFile: configFile(folder), process: server, stop };
}

async function launch(
  binary: NatsBinary,
  folder: string,
  port: number,
  options: NatsOptions,
): Promise<ServerProcess> {
  const { accounts, durable, logFile, loginSeconds, cluster } = options;
  const path = configFile(folder);
  const text = natsConfig({
    port,
    storeDirectory: join(folder, 'store'),
    accounts,
    durable,
    version: binary.version,
    ...(loginSeconds !== undefined && { loginSeconds }),
    ...(cluster && { cluster }),
  });
  rmSync(path, { force: true });
  writeFileSync(path, text, { mode: 0o600 });
  const env = { PATH: process.env.PATH, TZ: 'UTC' };
  const server = await startProcess({ file: binary.file, args: ['-c', path], env, logFile, cwd: folder });
  writeFileSync(pidFile(folder), String(server.pid));
  return server;
}

async function isReady(server: ServerProcess, port: number): Promise<boolean> {
  const deadline = Date.now() + 30_000;
  while (!server.hasEnded() && Date.now() < deadline) {
    if ((await greeting(port)).startsWith('INFO ') && !server.hasEnded()) return true;
    await sleep(20);
  }
  return false;
}

function greeting(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 1000 });
    const answer = (text: string) => {
      socket.destroy();
      resolve(text);
    };
    socket.once('data', (data) => answer(data.toString('utf8')));
    socket.once('error', () => answer(''));
    socket.once('timeout', () => answer(''));
  });
}

/** Ends the server on the store folder `folder`, which its supervisor restarts; resolves once that has happened. */
export async function restartNats(folder: string): Promise<void> {
  const path = pidFile(folder);
  const before = readFileSync(path, 'utf8');
  process.kill(Number(before), 'SIGTERM');
  // The file is away while nothing runs.
  for (const deadline = Date.now() + 30_000; !existsSync(path) || readFileSync(path, 'utf8') === before;) {
    if (Date.now() > deadline) throw new StackError('NATS was ended, and did not start again.');
    await sleep(50);
  }
}

/** Ends a server that was left running on the store folder `folder`, and on no other. */
export async function endLeftoverNats(folder: string): Promise<void> {
  const path = pidFile(folder);
  if (!existsSync(path)) return;
  await endLeftover(Number(readFileSync(path, 'utf8')), configFile(folder), natsEndings);
  rmSync(path, { force: true });
}

function configFile(folder: string): string {
  return join(folder, 'nats.conf');
}

function pidFile(folder: string): string {
  return join(folder, 'nats.pid');
}
