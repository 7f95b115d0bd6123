import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { UsageError } from '@agora/local-stack';

export interface Options {
  seconds: number;
  seed: number;
  quick: boolean;
  /** Whether backups are restored, in place of faults. */
  drill: boolean;
  /** Whether there are 100,000 accounts, 500,000 posts and 5,000,000 votes before the run. */
  large: boolean;
  /** The kinds of faults to inject; all when empty. */
  only: string[];
  /** Where the report goes instead of below `.data/chaos`. */
  out: string | undefined;
}

const usage =
  'Usage: npm run chaos [-- --seconds 120] [--seed N] [--quick] [--drill] [--size large] [--only KIND]… [--out FILE.json]';

/** Reads the command line; throws a StackError that says how it is to be written. */
export function readOptions(args: string[]): Options {
  const { seconds, seed, quick, drill, size = 'usual', only, out } = parse(args);
  if (size !== 'usual' && size !== 'large') throw new UsageError(usage);
  return {
    seconds: seconds === undefined ? (quick ? 30 : 120) : numberOf('seconds', seconds, 1, 600),
    seed: seed === undefined ? randomInt(1_000_000) : numberOf('seed', seed, 0, 2 ** 31),
    quick,
    drill,
    large: size === 'large',
    only,
    out,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        seconds: { type: 'string' },
        seed: { type: 'string' },
        only: { type: 'string', multiple: true, default: [] },
        quick: { type: 'boolean', default: false },
        size: { type: 'string' },
        drill: { type: 'boolean', default: false },
        out: { type: 'string' },
      },
    }).values;
  } catch {
    throw new UsageError(usage);
  }
}

function numberOf(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new UsageError(`--${name} must be a whole number from ${min} to ${max}. ${usage}`);
}
