import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  compileCache,
  currentStack,
  openCourier,
  query,
  startAgora,
  testSecret,
  type Agora,
  type Courier,
} from '@agora/testing';

const execute = promisify(execFile);

/** What a command left. */
interface Ran<Json> {
  code: number;
  stdout: string;
  stderr: string;
  /** What it said with `--json`. */
  json: Json;
}

/** auth, posts and votes on a database of their own: what other tests leave behind would be drift. */
export interface OperatedAgora {
  agora: Agora;
  courier: Courier;
  sql: typeof query;
  /** Runs a service's command as its operators do: `run('votes', 'audit', '--repair', '--json')`. */
  run<Json>(service: 'auth' | 'posts' | 'votes', command: string, ...args: string[]): Promise<Ran<Json>>;
  stop(): Promise<void>;
}

const publishers = ['auth', 'posts', 'votes'] as const;

export async function startOperatedAgora(): Promise<OperatedAgora> {
  const database = `agora_operated_${randomUUID().replaceAll('-', '')}`;
  await query(`CREATE DATABASE ${database} TEMPLATE agora_template`);
  const courier = await openCourier();
  // Events of the other database would be applied to this one, and the other way round afterwards.
  const forgetStreams = async () => {
    for (const publisher of publishers) {
      await courier.ensureStream(publisher);
      await courier.loseStream(publisher);
    }
  };
  await forgetStreams();
  const agora = await startAgora(publishers, { environment: { DATABASE_NAME: database } });
  return {
    agora,
    courier,
    sql: (text, values) => query(text, values, database),
    run: (service, command, ...args) => runCommand(agora, database, service, command, args),
    async stop() {
      await agora.stop();
      await forgetStreams();
      await courier.close();
      await query(`DROP DATABASE ${database} WITH (FORCE)`);
    },
  };
}

async function runCommand<Json>(
  agora: Agora,
  database: string,
  service: 'auth' | 'posts' | 'votes',
  command: string,
  args: string[],
): Promise<Ran<Json>> {
  const { postgres, databasePasswords } = currentStack();
  const script = fileURLToPath(
    new URL(`../../../services/${service}/dist/${command}-command.js`, import.meta.url),
  );
  const env = {
    ...compileCache,
    DATABASE_HOST: postgres.host,
    DATABASE_PORT: String(postgres.port),
    DATABASE_NAME: database,
    DATABASE_USER: `${service}_app`,
    DATABASE_PASSWORD: databasePasswords[service].app,
    AUTH_INTERNAL_SECRET: testSecret,
    POSTS_INTERNAL_SECRET: testSecret,
    VOTES_INTERNAL_SECRET: testSecret,
    AUTH_INTERNAL_URL: `http://127.0.0.1:${agora.ports.auth.internalPort}`,
    POSTS_INTERNAL_URL: `http://127.0.0.1:${agora.ports.posts.internalPort}`,
    VOTES_INTERNAL_URL: `http://127.0.0.1:${agora.ports.votes.internalPort}`,
  };
  const ended = await execute(process.execPath, [script, ...args], { env }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
  const { code, stdout, stderr } = ended;
  return { code, stdout, stderr, json: (stdout.startsWith('{') ? JSON.parse(stdout) : {}) as Json };
}
