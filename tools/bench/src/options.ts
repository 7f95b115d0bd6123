import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  numberOption,
  processes,
  readOptions as readGiven,
  UsageError,
  type ProcessName,
} from '@agora/local-stack';
import type { Rival } from './load/rival.js';
import { readRoutes } from './load/routes.js';

export interface Options {
  /** How long a round lasts. */
  seconds: number;
  rounds: number;
  /** How many requests are under way at once. */
  connections: number;
  /** 1 is 10k users, 50k posts and some 500k votes. */
  scale: number;
  /** The measures to take; all when empty. */
  only: string[];
  /** Part of the names of the rows to take of `scale`; all when empty. */
  row: string;
  /** Whether tables go into the README. */
  readme: boolean;
  /** Another implementation to compare with this one. */
  rival: Rival | undefined;
  /** The process to write a CPU profile of. */
  profile: ProcessName | undefined;
  /** Whether it is only to be seen that every measure works: the figures say nothing. */
  smoke: boolean;
  /** Where the report goes instead of below `.data/bench`. */
  out: string | undefined;
}

const usage =
  'Usage: npm run bench [-- --seconds 4] [--rounds 5] [--connections 16] [--scale 1] [--only MEASURE]… [--row PART] [--rival http://… --rival-routes FILE.json] [--profile PROCESS] [--smoke] [--readme] [--out FILE.json]';

/** Reads the command line; throws a StackError that says how it is to be written. */
export function readOptions(args: string[]): Options {
  const given = parse(args);
  const { smoke } = given;
  return {
    seconds: numberOf('seconds', given.seconds, smoke ? 0.1 : 4, 0.1, 600),
    rounds: wholeNumberOf('rounds', given.rounds, smoke ? 1 : 5, 1, 100),
    // As many as keep two cores busy; where figures say nothing, fewer, which are answered sooner.
    connections: wholeNumberOf('connections', given.connections, smoke ? 4 : 16, 1, 256),
    scale: numberOf('scale', given.scale, smoke ? 0.02 : 1, 0.02, 10),
    only: given.only,
    row: given.row,
    readme: given.readme,
    rival: rivalOf(given.rival, given['rival-routes']),
    profile: profiledOf(given.profile),
    smoke,
    out: given.out,
  };
}

const parse = (args: string[]) =>
  readGiven(usage, () =>
    parseArgs({
      args,
      options: {
        seconds: { type: 'string' },
        rounds: { type: 'string' },
        connections: { type: 'string' },
        scale: { type: 'string' },
        only: { type: 'string', multiple: true, default: [] },
        row: { type: 'string', default: '' },
        readme: { type: 'boolean', default: false },
        rival: { type: 'string' },
        'rival-routes': { type: 'string' },
        profile: { type: 'string' },
        smoke: { type: 'boolean', default: false },
        out: { type: 'string' },
      },
    }),
  ).values;

function numberOf(name: string, text: string | undefined, usual: number, min: number, max: number): number {
  return text === undefined ? usual : numberOption(name, text, { min, max, whole: false, usage });
}

function wholeNumberOf(name: string, text: string | undefined, usual: number, min: number, max: number) {
  return text === undefined ? usual : numberOption(name, text, { min, max, usage });
}

function rivalOf(origin: string | undefined, file: string | undefined): Options['rival'] {
  if (origin === undefined && file === undefined) return undefined;
  if (origin === undefined || file === undefined || !/^http:\/\/[^/]+\/?$/.test(origin))
    throw new UsageError(`--rival http://host:port and --rival-routes FILE.json belong together. ${usage}`);
  return { origin: origin.replace(/\/$/, ''), routes: readRoutes(readFileSync(file, 'utf8')) };
}

function profiledOf(name: string | undefined): ProcessName | undefined {
  const known = processes.find((each) => each === name);
  if (name === undefined || known) return known;
  throw new UsageError(`--profile must be one of ${processes.join(', ')}. ${usage}`);
}
