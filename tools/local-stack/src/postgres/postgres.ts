import { existsSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endLeftover, type Steps } from '../processes/end-process.js';
import { freePort } from '../machine/free-port.js';
import { postgresBinaries } from './postgres-binaries.js';
import { makeCluster, postgresEnvironment, superuser } from './postgres-cluster.js';
import { postgresHome } from './postgres-home.js';
import { postgresUser } from './postgres-user.js';
import { startProcess, type ServerProcess } from '../processes/server-process.js';
import { StackError } from '../machine/stack-error.js';

export interface PostgresOptions {
  dataDirectory: string;
  password: string;
  /** False loses data when the machine crashes, for speed in tests. */
  durable: boolean;
  logFile: string;
  /** The port to listen on; a free one when left out. */
  port?: number;
}

export interface Postgres {
  host: string;
  port: number;
  user: string;
  password: string;
  dataDirectory: string;
  process: ServerProcess;
  stop(): Promise<void>;
}

/** Fast shutdown first (clients are cut off, the data is flushed), then immediate, which recovers at the next start. */
export const postgresEndings: Steps = [
  ['SIGINT', 4000],
  ['SIGQUIT', 2000],
  ['SIGKILL', 1000],
];

/** Starts PostgreSQL on 127.0.0.1 and answers when it takes connections. A server left over on the folder is ended first. */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const home = postgresHome(options.dataDirectory);
  const [binaries, user] = [await postgresBinaries(), postgresUser()];
  await makeCluster({
    binaries,
    user,
    directory: home,
    password: options.password,
    durable: options.durable,
  });
  const directory = realpathSync(home);
  await endLeftoverPostmaster(directory);
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort());
    const server = await launch(join(binaries.folder, 'bin', 'postgres'), directory, port, options);
    if (await isReady(server, directory)) return describe(server, port, directory, options.password);
    await server.end(postgresEndings);
    if (attempt === 5 || !isWorthAnotherTry(server))
      throw new StackError('PostgreSQL did not start.', server.lastWords());
    await sleep(200 * attempt);
  }
}

function describe(server: ServerProcess, port: number, dataDirectory: string, password: string): Postgres {
  const stop = () => server.end(postgresEndings);
  return { host: '127.0.0.1', port, user: superuser, password, dataDirectory, process: server, stop };
}

function launch(file: string, directory: string, port: number, { durable, logFile }: PostgresOptions) {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '300',
    log_min_messages: 'warning',
    // The detail of an error holds values, and so does the statement: addresses of people.
    log_error_verbosity: 'terse',
    log_min_error_statement: 'panic',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  const args = [
    '-D',
    directory,
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  return startProcess({ file, args, env: postgresEnvironment, logFile, cwd: '/', user: postgresUser() });
}

// The eighth line of postmaster.pid is where PostgreSQL's own pg_ctl reads that it is ready.
async function isReady(server: ServerProcess, directory: string): Promise<boolean> {
  const deadline = Date.now() + 60_000;
  while (!server.hasEnded() && Date.now() < deadline) {
    const lines = pidFile(directory);
    if (Number(lines[0]) === server.pid && lines[7]?.trim() === 'ready') return true;
    await sleep(20);
  }
  return false;
}

// Another program may have taken the port in between; a killed server's children may not have ended yet.
function isWorthAnotherTry(server: ServerProcess): boolean {
  return /could not bind|Address already in use|shared memory block|lock file/.test(server.lastWords());
}

/** Ends a server that was left running on the data folder `directory`, and on no other. */
export async function endLeftoverPostmaster(directory: string): Promise<void> {
  const pid = Number(pidFile(directory)[0]);
  if (!pid) return;
  await endLeftover(pid, directory, postgresEndings);
  // A number in it that another program has by now would keep PostgreSQL from starting.
  rmSync(join(directory, 'postmaster.pid'), { force: true });
}

function pidFile(directory: string): string[] {
  const path = join(directory, 'postmaster.pid');
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
}
