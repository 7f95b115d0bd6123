import { execFile, fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ServiceName } from '@agora/local-stack';
import type { AskedCommand, EndedCommand } from './command-process.js';
import { compileCache } from './running-process.js';
import { currentStack } from '../stack.js';

/** What a command of a service left. */
export interface Ran<Json = Record<string, unknown>> extends EndedCommand {
  /** What it printed with `--json`. */
  json: Json;
}

/** Runs the commands of a service as its operators do, `run('audit', ['--json'])`, as the role of its processes. */
export interface Commands {
  /** The settings of each. */
  environment: Record<string, string>;
  /** One after the other in one process. */
  run<Json>(command: string, args: string[], environment?: Record<string, string>): Promise<Ran<Json>>;
  /** In a process of its own: for what is about the process, and for two at once. */
  start<Json>(command: string, args: string[], environment?: Record<string, string>): Promise<Ran<Json>>;
  stop(): Promise<void>;
}

const hostScript = fileURLToPath(new URL('../../dist/start/command-process.js', import.meta.url));

/** Opens the commands of a service on a database, with what else they need in their environment. */
export function openCommands(
  service: ServiceName,
  environment: Record<string, string> = {},
  database = currentStack().worker.database,
): Commands {
  let child: ChildProcess | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const settings = { ...compileCache, ...databaseEnvironment(service, database), ...environment };
  const asked = (command: string, args: string[], more = {}): AskedCommand => ({
    script: fileURLToPath(new URL(`../../../../services/${service}/dist/operate.js`, import.meta.url)),
    args: [command, ...args],
    environment: { ...settings, ...more },
  });
  const inTurn = async (what: AskedCommand): Promise<EndedCommand> => {
    child ??= fork(hostScript, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      execArgv: [],
      env: compileCache,
    });
    child.send(what);
    const [ended] = (await once(child, 'message')) as [EndedCommand];
    return ended;
  };
  return {
    environment: settings,
    async run<Json>(...given: Parameters<typeof asked>) {
      const ended = last.then(() => inTurn(asked(...given)));
      last = ended.catch(() => undefined);
      return withJson<Json>(await ended);
    },
    start: async <Json>(...given: Parameters<typeof asked>) =>
      withJson<Json>(await startAlone(asked(...given))),
    async stop() {
      if (!child) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function databaseEnvironment(service: ServiceName, database: string): Record<string, string> {
  const { postgres, databasePasswords } = currentStack();
  return {
    DATABASE_HOST: postgres.host,
    DATABASE_PORT: String(postgres.port),
    DATABASE_NAME: database,
    DATABASE_USER: `${service}_app`,
    DATABASE_PASSWORD: databasePasswords[service].app,
  };
}

const startAlone = ({ script, args, environment: env }: AskedCommand): Promise<EndedCommand> =>
  promisify(execFile)(process.execPath, [script, ...args], { env }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: EndedCommand) => ({ code, stdout, stderr }),
  );

const withJson = <Json>(ended: EndedCommand): Ran<Json> => ({
  ...ended,
  json: (ended.stdout.startsWith('{') ? JSON.parse(ended.stdout) : {}) as Json,
});
