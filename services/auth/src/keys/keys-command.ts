/** `operate.js keys rotate|list|retire <kid> [--dry-run] [--yes] [--json]`: ends with code 0 when done, 1 and one clear line when it was not, 2 when it was asked wrongly. */
import { connectDatabase, isDatabaseUnavailable } from '@agora/database';
import { confirm } from '@agora/operations';
import { DatabaseError } from 'sequelize';
import { readKeysConfig, type KeysConfig } from '../config.js';
import { models } from '../models/models.js';
import { printOutcome } from './print-keys.js';
import { listKeys, Refusal, retireKey, rotateKeys, type Outcome } from './rotate-keys.js';

const usage = 'Usage: npm run keys -- rotate|list|retire <kid> [--dry-run] [--yes] [--json]';

const options = ['--json', '--yes', '--dry-run'];

interface Given {
  isJson: boolean;
  yes: boolean;
  isDry: boolean;
}

type Work = (settings: KeysConfig, given: Given) => Promise<Outcome>;

const commandOf = ([verb, kid, ...rest]: string[]): Work | undefined => {
  if (rest.length > 0) return undefined;
  if (verb === 'retire' && kid) return (settings, given) => retire(kid, settings, given);
  if (kid !== undefined) return undefined;
  return verb === 'rotate' ? rotate : verb === 'list' ? listKeys : undefined;
};

export async function run(): Promise<never> {
  const given = process.argv.slice(2);
  // A kid may begin with a dash, so only what is known to be an option is one.
  const command = commandOf(given.filter((argument) => !options.includes(argument)));
  const [isJson = false, yes = false, isDry = false] = options.map((option) => given.includes(option));
  if (command) process.exit(await runWork(command, { isJson, yes, isDry }));
  process.stderr.write(`${usage}\n`);
  process.exit(2);
}

async function runWork(work: Work, given: Given): Promise<number> {
  try {
    const settings = readKeysConfig();
    refuseKeysElsewhere(settings);
    connectDatabase(settings, 'auth-keys', models);
    process.stdout.write(`${printOutcome(await work(settings, given), given.isJson)}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`keys: ${describe(error)}\n`);
    return 1;
  }
}

/** Does not ask: it ends nothing, and a job does it every three months. */
async function rotate(settings: KeysConfig, { isDry }: Given): Promise<Outcome> {
  if (!isDry) return rotateKeys(settings);
  const listed = await listKeys(settings);
  const waiting = listed.lives.find(({ state }) => state === 'next')?.key;
  return {
    ...listed,
    message: waiting ? `${waiting.kid} is the next key already` : 'a next key would be made',
  };
}

async function retire(kid: string, settings: KeysConfig, { isDry, yes }: Given): Promise<Outcome> {
  const listed = await listKeys(settings);
  const life = listed.lives.find(({ key }) => key.kid === kid);
  const isOver = !life || life.state === 'retired';
  const message = `all tokens that ${kid} has signed would end, and their users log in again`;
  if (isDry && !isOver) return { ...listed, kid, message };
  if (!isOver) await confirm(`All tokens that ${kid} has signed end, and their users log in again.`, yes);
  return retireKey(kid, settings);
}

function refuseKeysElsewhere({ ALGORITHM, SIGNING_KEY }: KeysConfig): void {
  if (ALGORITHM === 'HS256') throw new Refusal('HS256 signs with SECRET_KEY; there is nothing to rotate');
  if (SIGNING_KEY)
    throw new Refusal('the key is given by SIGNING_KEY; there is nothing to rotate but that file');
}

function describe(error: unknown): string {
  if (isDatabaseUnavailable(error)) return 'the database does not answer; nothing is half done, try again';
  const state = error instanceof DatabaseError && 'code' in error.parent ? error.parent.code : undefined;
  if (state === '42P01' || state === '42703')
    return 'the tables of auth are not up to date; run the migrations first (npm run migrate -- up)';
  return error instanceof Error ? error.message : String(error);
}
