import { openCommands, testSecret } from '@agora/testing';

interface ListedKey {
  kid: string;
  state: string;
  created_at: string;
  activates_at: string | null;
  retires_at: string | null;
}

interface Listed {
  kid?: string;
  message?: string;
  keys: ListedKey[];
}

const commands = openCommands('auth', { SIGNING_KEY_SECRET: testSecret });

/** The settings of `keys` there. */
export const keysEnvironment = commands.environment;

export const stopCommands = (): Promise<void> => commands.stop();

/** Runs `keys` on this worker's database, as the role of auth. */
export const runKeys = (args: string[], environment: Record<string, string> = {}) =>
  commands.run<Listed>('keys', args, environment);

/** The same in a process of its own. */
export const startKeys = (args: string[]) => commands.start<Listed>('keys', args);

/** As `runKeys`, with the JSON read. Rejects when it fails. */
export async function askKeys(...args: string[]): Promise<Listed> {
  const { code, stderr, json } = await runKeys([...args, '--json', '--yes']);
  if (code !== 0) throw new Error(stderr);
  return json;
}

/** The keys that are not retired, as `<state> <kid>`, oldest first. */
export const livingKeys = async (): Promise<string[]> =>
  (await askKeys('list')).keys
    .filter(({ state }) => state !== 'retired')
    .map(({ state, kid }) => `${state} ${kid}`);
