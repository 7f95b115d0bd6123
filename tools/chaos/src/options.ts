import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { numberOption, readOptions as readGiven, UsageError } from '@agora/local-stack';

export interface Options {
  seconds: number;
  seed: number;
  quick: boolean;
  /** Whether backups are restored, in place of faults. */
  drill: boolean;
  /** Whether there are 100,000 accounts, 500,000 posts and 5,000,000 votes before the run. */
  large: boolean;
  /** Whether replicas come and go, in place of faults. */
  elastic: boolean;
  /** Whether NATS has three nodes and PostgreSQL a standby, with their faults. */
  cluster: boolean;
  /** The kinds of faults to inject; all when empty. */
  only: string[];
  /** Where the report goes instead of below `.data/chaos`. */
  out: string | undefined;
}

const usage =
  'Usage: npm run chaos [-- --seconds 120] [--seed N] [--quick] [--drill] [--elastic] [--cluster] [--size large] [--only KIND]… [--out FILE.json]';

/** Reads the command line; throws a StackError that says how it is to be written. */
export function readOptions(args: string[]): Options {
  const { seconds, seed, quick, drill, elastic, cluster, size = 'usual', only, out } = parse(args);
  if (size !== 'usual' && size !== 'large') throw new UsageError(usage);
  return {
    seconds: numberOption('seconds', seconds ?? usualSeconds(quick, elastic), { min: 1, max: 600, usage }),
    seed: numberOption('seed', seed ?? String(randomInt(1_000_000)), { min: 0, max: 2 ** 31, usage }),
    quick,
    drill,
    elastic,
    cluster,
    large: size === 'large',
    only,
    out,
  };
}

function usualSeconds(quick: boolean, elastic: boolean): string {
  if (elastic) return quick ? '40' : '300';
  return quick ? '30' : '120';
}

const parse = (args: string[]) =>
  readGiven(usage, () =>
    parseArgs({
      args,
      options: {
        seconds: { type: 'string' },
        seed: { type: 'string' },
        only: { type: 'string', multiple: true, default: [] },
        quick: { type: 'boolean', default: false },
        size: { type: 'string' },
        drill: { type: 'boolean', default: false },
        elastic: { type: 'boolean', default: false },
        cluster: { type: 'boolean', default: false },
        out: { type: 'string' },
      },
    }),
  ).values;
