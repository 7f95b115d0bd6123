import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { currentStack, testSecret } from '@agora/testing';

const execute = promisify(execFile);
const script = fileURLToPath(new URL('../../dist/keys-command.js', import.meta.url));

export interface ListedKey {
  kid: string;
  state: string;
  created_at: string;
  activates_at: string | null;
  retires_at: string | null;
}

/** The settings of `keys` on this worker's database, as the role of auth. */
export function keysEnvironment(): Record<string, string> {
  const { postgres, databasePasswords, worker } = currentStack();
  return {
    DATABASE_HOST: postgres.host,
    DATABASE_PORT: String(postgres.port),
    DATABASE_NAME: worker.database,
    DATABASE_USER: 'auth_app',
    DATABASE_PASSWORD: databasePasswords.auth.app,
    SIGNING_KEY_SECRET: testSecret,
  };
}

/** Runs `keys` there, and answers what it prints; rejects with `code` and `stderr` when it fails. */
export async function runKeys(args: string[], environment: Record<string, string> = {}): Promise<string> {
  const env = { ...keysEnvironment(), ...environment };
  return (await execute(process.execPath, [script, ...args], { env })).stdout;
}

/** As `runKeys`, with the JSON read. */
export async function askKeys(
  ...args: string[]
): Promise<{ kid?: string; message?: string; keys: ListedKey[] }> {
  return JSON.parse(await runKeys([...args, '--json'])) as Awaited<ReturnType<typeof askKeys>>;
}

/** The keys that are not retired, as `<state> <kid>`, oldest first. */
export const livingKeys = async (): Promise<string[]> =>
  (await askKeys('list')).keys
    .filter(({ state }) => state !== 'retired')
    .map(({ state, kid }) => `${state} ${kid}`);
