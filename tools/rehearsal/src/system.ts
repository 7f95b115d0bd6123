import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout, processes } from '@agora/local-stack';
import { httpClient, join as register, likelyFreePorts, type HttpClient, type Person } from '@agora/testing';
import pg from 'pg';

/** An Agora as `npm start` starts it, in a folder of its own, and a place to type commands. */
export interface System {
  /** The environment of `npm start` and of every typed command. */
  environment: Record<string, string>;
  /** Its data folder, like `.data` in a checkout. */
  data: string;
  /** Sends a request to the gateway, like an API client. */
  ask: HttpClient;
  /** The URL of a process's internal port. */
  internal(name: string): string;
  start(): Promise<void>;
  /** Ctrl-C. */
  stop(): Promise<void>;
  isRunning(): boolean;
  /** Types a command line on a terminal, and `input` whenever it asks. */
  type(command: string, input?: string): Promise<{ code: number; output: string }>;
  sql<Row extends pg.QueryResultRow>(statement: string, values?: unknown[]): Promise<Row[]>;
  /** Runs `work` while a transaction holds what a statement locks. */
  whileHeld(statement: string, work: () => Promise<void>): Promise<void>;
  /** Sends a signal to a process of the stack. */
  signal(name: string, signal: NodeJS.Signals): void;
  person(): Promise<Person>;
  post(author: Person, published?: boolean): Promise<number>;
  vote(voter: Person, postId: number): Promise<void>;
}

interface Record_ {
  postgres: { host: string; port: number };
  processes: Record<string, { pid: number }>;
}

/** Makes an Agora below an empty folder; it is not started yet. */
export async function makeSystem(folder: string, announce: (line: string) => void): Promise<System> {
  const data = join(folder, 'data');
  const ports = await choosePorts();
  const environment = { ...inherited(), ...ports, AGORA_DATA: data, BCRYPT_COST: '10' };
  const ask = httpClient(`http://127.0.0.1:${ports.GATEWAY_PORT}`);
  let stopRunning: (() => Promise<void>) | undefined;
  const record = () => JSON.parse(readFileSync(join(data, 'run.json'), 'utf8')) as Record_;
  const connect = async () => {
    const { postgres } = JSON.parse(readFileSync(join(data, 'secrets.json'), 'utf8')) as { postgres: string };
    const client = new pg.Client({
      ...record().postgres,
      user: 'postgres',
      password: postgres,
      database: 'agora',
    });
    await client.connect();
    return client;
  };
  return {
    environment,
    data,
    ask,
    internal: (name) => `http://127.0.0.1:${ports[`${name.toUpperCase()}_INTERNAL_PORT`]}`,
    async start() {
      stopRunning = await startAgora(environment, announce);
    },
    async stop() {
      await stopRunning?.();
      stopRunning = undefined;
    },
    isRunning: () => stopRunning !== undefined && existsSync(join(data, 'run.json')),
    type: (command, input = '') => type(command, input, environment),
    async sql<Row extends pg.QueryResultRow>(statement: string, values: unknown[] = []) {
      const client = await connect();
      try {
        return (await client.query<Row>(statement, values)).rows;
      } finally {
        await client.end();
      }
    },
    async whileHeld(statement, work) {
      const client = await connect();
      try {
        await client.query('BEGIN');
        await client.query(statement);
        await work();
      } finally {
        await client.end();
      }
    },
    signal(name, signal) {
      const { pid } = record().processes[name] ?? {};
      if (!pid) throw new Error(`${name} does not run`);
      process.kill(pid, signal);
    },
    person: () => register(ask),
    async post({ token }, published = true) {
      const { status, body } = await ask('POST', '/posts', {
        token,
        json: { title: 'a', content: 'b', published },
      });
      if (status !== 201) throw new Error(`POST /posts answered ${status}`);
      return Number(body.id);
    },
    async vote({ token }, postId) {
      const { status } = await ask('POST', '/vote', { token, json: { post_id: postId, dir: 1 } });
      if (status !== 201) throw new Error(`POST /vote answered ${status}`);
    },
  };
}

const inherited = () =>
  Object.fromEntries(
    ['PATH', 'HOME', 'LANG', 'NATS_SERVER_BIN'].flatMap((name) =>
      process.env[name] ? [[name, process.env[name]]] : [],
    ),
  ) as Record<string, string>;

async function choosePorts(): Promise<Record<string, string>> {
  const ports: Record<string, string> = {};
  for (const name of processes) {
    const { port, internalPort } = await likelyFreePorts();
    ports[`${name.toUpperCase()}_PORT`] = String(port);
    ports[`${name.toUpperCase()}_INTERNAL_PORT`] = String(internalPort);
  }
  const { port, internalPort } = await likelyFreePorts();
  return { ...ports, MAILBOX_PORT: String(port), MAILBOX_SMTP_PORT: String(internalPort) };
}

/** Runs `npm start` until it is ready; resolves to a function that ends it like Ctrl-C. */
async function startAgora(
  env: Record<string, string>,
  announce: (line: string) => void,
): Promise<() => Promise<void>> {
  const child = spawn('npm', ['start'], {
    cwd: checkout,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, to which Ctrl-C is sent as a terminal does.
    detached: true,
  });
  const ended = once(child, 'exit');
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('Ctrl-C stops everything')) resolve();
    });
  child.once('exit', () => reject(new Error(`npm start ended:\n${output}`)));
  announce('  npm start …');
  await ready;
  return async () => {
    if (child.exitCode === null && child.signalCode === null && child.pid) process.kill(-child.pid, 'SIGINT');
    await ended;
  };
}

/** Types a command on a pseudo-terminal, so that it asks for confirmation. */
async function type(
  command: string,
  input: string,
  environment: Record<string, string>,
): Promise<{ code: number; output: string }> {
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd: checkout,
    env: { ...environment, SHELL: '/bin/bash', TERM: 'dumb' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  let answers = 0;
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const asked = output.split('Type "yes"').length - 1;
      for (; input !== '' && answers < asked; answers += 1) child.stdin.write(input);
    });
  const [code] = (await once(child, 'close')) as [number];
  return { code, output: output.replaceAll('\r', '') };
}
