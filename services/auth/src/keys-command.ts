/** `node keys-command.js rotate|list|retire <kid> [--json]`: ends with code 0 when done, 1 and one clear line when it was not, 2 when it was asked wrongly. */
import { connectDatabase, isDatabaseUnavailable } from '@agora/database';
import { DatabaseError } from 'sequelize';
import { readKeysConfig, type KeysConfig } from './config.js';
import { models } from './models/models.js';
import { printOutcome } from './keys/print-keys.js';
import { listKeys, Refusal, retireKey, rotateKeys, type Outcome } from './keys/rotate-keys.js';

const usage = 'Usage: npm run keys -- rotate|list|retire <kid> [--json]';

// A kid may begin with a dash, so only what is known to be an option is one.
const given = process.argv.slice(2).filter((argument) => argument !== '--json');
const isJson = given.length < process.argv.length - 2;

const commandOf = ([verb, kid, ...rest]: string[]) => {
  if (rest.length > 0) return undefined;
  if (verb === 'retire' && kid) return (settings: KeysConfig) => retireKey(kid, settings);
  if (kid !== undefined) return undefined;
  return verb === 'rotate' ? rotateKeys : verb === 'list' ? listKeys : undefined;
};

const command = commandOf(given);
if (command) process.exit(await run(command));
process.stderr.write(`${usage}\n`);
process.exit(2);

async function run(work: (settings: KeysConfig) => Promise<Outcome>): Promise<number> {
  try {
    const settings = readKeysConfig();
    refuseKeysElsewhere(settings);
    connectDatabase(settings, 'auth-keys', models);
    process.stdout.write(`${printOutcome(await work(settings), isJson)}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`keys: ${describe(error)}\n`);
    return 1;
  }
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
