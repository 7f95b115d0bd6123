import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { possibleVotes, type Amounts } from './plan.js';

export interface Config extends Amounts {
  /** Where the gateway is, without a slash at the end. */
  url: string;
  seed: number;
  /** The port to serve a page at, to look at it all; undefined to serve none. */
  webPort: number | undefined;
}

/** The arguments are wrong; the message is for the user. */
export class UsageError extends Error {}

/** How to call the command, in one line. */
export const usage =
  'npm run demo -- [--url URL] [--users 30] [--posts 120] [--votes 600] [--seed NUMBER] [--web]';

const options = {
  url: { type: 'string' },
  users: { type: 'string', default: '30' },
  posts: { type: 'string', default: '120' },
  votes: { type: 'string' },
  seed: { type: 'string' },
  web: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Reads the command line; undefined when it asks for help. Throws a UsageError. */
export function readConfig(args: string[], environment: NodeJS.ProcessEnv = process.env): Config | undefined {
  const { url, users, posts, votes, seed, web, help } = parse(args);
  if (help) return undefined;
  const amounts = { users: readNumber('users', users, 500), posts: readNumber('posts', posts, 2_000) };
  if (amounts.posts > 0 && amounts.users === 0)
    throw new UsageError('Posts need users who write them: --users 1 or more.');
  return {
    url: readUrl(
      url ?? (environment.AGORA_URL || `http://127.0.0.1:${8000 + Number(environment.PORT_OFFSET || 0)}`),
    ),
    ...amounts,
    votes: readVotes(votes, possibleVotes(amounts)),
    seed: seed === undefined ? randomInt(1_000_000) : readNumber('seed', seed, 2 ** 32 - 1),
    webPort: web ? Number(environment.WEB_PORT || 8090) : undefined,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    // Node.js adds an explanation of how to pass values that look like options, which is no help here.
    const [reason] = error instanceof Error ? error.message.split('. ') : ['Wrong arguments'];
    throw new UsageError(`${reason?.replace(/\.$/, '')}. Usage: ${usage}`);
  }
}

function readNumber(name: string, text: string, max: number): number {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (number <= max) return number;
  throw new UsageError(`--${name} must be a whole number from 0 to ${max}, not "${text}".`);
}

/** Without the option, the usual number or as many as fit; an explicit number that does not fit is an error. */
function readVotes(text: string | undefined, possible: number): number {
  if (text === undefined) return Math.min(600, possible);
  const votes = readNumber('votes', text, 1_000_000);
  if (votes <= possible) return votes;
  throw new UsageError(`--votes can be ${possible} at most: one for each post that somebody else published.`);
}

function readUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain =
    url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash;
  if (!isPlain)
    throw new UsageError(`--url must be an address such as http://127.0.0.1:8000, not "${text}".`);
  return url.href.replace(/\/+$/, '');
}
