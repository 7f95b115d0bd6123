import { execFile } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { PostgresBinaries } from './postgres-binaries.js';
import type { SystemUser } from './postgres-user.js';
import { StackError } from '../machine/stack-error.js';

const execute = promisify(execFile);

export const superuser = 'postgres';

/** What PostgreSQL's programs get to see of the environment. */
export const postgresEnvironment = { PATH: process.env.PATH, LANG: 'C', LC_ALL: 'C', TZ: 'UTC' };

export interface ClusterOptions {
  binaries: PostgresBinaries;
  directory: string;
  password: string;
  durable: boolean;
  user: SystemUser | undefined;
}

/** Creates the data folder with `initdb` unless it exists; an interrupted attempt leaves nothing that looks complete. Throws a StackError when the data are of another major version. */
export async function makeCluster(options: ClusterOptions): Promise<void> {
  const { directory, user } = options;
  const versionFile = join(directory, 'PG_VERSION');
  if (existsSync(versionFile)) {
    requireMajor(options.binaries.major, readFileSync(versionFile, 'utf8').trim(), directory);
    return;
  }
  const draft = join(dirname(directory), `${directory.split('/').pop()}.draft`);
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  const passwordFile = `${draft}.password`;
  writeFileSync(passwordFile, options.password, { mode: 0o600 });
  if (user) for (const path of [draft, passwordFile]) chownSync(path, user.uid, user.gid);
  try {
    await runInitdb(options, draft, passwordFile);
    if (existsSync(directory)) rmdirSync(directory);
    renameSync(draft, directory);
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(draft, { recursive: true, force: true });
  }
}

function requireMajor(own: string, found: string, directory: string): void {
  if (found === own) return;
  throw new StackError(
    `The data in ${directory} are of PostgreSQL ${found}, and this version of Agora brings PostgreSQL ${own}. ` +
      'To keep them, take a backup with the version of Agora that made them (npm run backup), delete .data, and restore it here; to start over, delete .data.',
  );
}

async function runInitdb({ binaries, durable, user }: ClusterOptions, draft: string, passwordFile: string) {
  const args = [
    '--pgdata',
    draft,
    '--username',
    superuser,
    '--pwfile',
    passwordFile,
    '--auth',
    'scram-sha-256',
  ];
  // The builtin provider sorts and folds letters alike on every machine, whatever locales it has.
  args.push(
    '--encoding',
    'UTF8',
    '--locale',
    'C',
    '--locale-provider',
    'builtin',
    '--builtin-locale',
    'C.UTF-8',
  );
  if (!durable) args.push('--no-sync');
  try {
    await execute(join(binaries.folder, 'bin', 'initdb'), args, {
      cwd: '/',
      env: postgresEnvironment,
      ...user,
    });
  } catch (error) {
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    throw new StackError('PostgreSQL could not make its data folder.', output.trim());
  }
}
