/** `npm run chaos:sensitivity`: a suite that has not failed proves nothing. Starts Agora with known faults and demands that each is found. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  checkout,
  layoutOf,
  makeTemporaryFolder,
  ownArgument,
  removeAbandonedFolders,
  reportFailure,
  StackError,
  stopRequests,
} from '@agora/local-stack';
import { allFaults } from './faults/inject-faults.js';
import { mutations } from './mutations/mutations.js';
import { runChaos } from './run-chaos.js';

const print = (line: string) => void process.stdout.write(`${line}\n`);
const seeds = [1, 2, 3];
/** In how many of them a mutation must be found. */
const demanded = 2;
const seconds = 15;

async function main(args: string[]): Promise<number> {
  const names = args.length > 0 ? args : Object.keys(mutations);
  const unknown = names.find((name) => !(name in mutations));
  if (unknown) throw new StackError(`There is no "${unknown}", but: ${Object.keys(mutations).join(', ')}`);
  const { signal } = stopRequests();
  const missed: string[] = [];
  await removeAbandonedFolders();
  try {
    for (const name of names) if (!(await isFound(name, signal))) missed.push(name);
  } catch (error) {
    if (signal.aborted) return 130;
    throw error;
  }
  print(
    missed.length === 0 ? 'Every known fault was found.' : `Not found often enough: ${missed.join(', ')}`,
  );
  return missed.length === 0 ? 0 : 1;
}

/** Stops as soon as the result is certain. */
async function isFound(mutation: string, signal: AbortSignal): Promise<boolean> {
  let found = 0;
  for (const [index, seed] of seeds.entries()) {
    if (found >= demanded || found + seeds.length - index < demanded) break;
    const broken = await brokenInvariants(mutation, seed, signal);
    if (broken.length > 0) found += 1;
    print(
      `${broken.length > 0 ? '✓' : '✗'} ${mutation}, seed ${seed}: ${broken.join(', ') || 'nothing was found'}`,
    );
  }
  return found >= demanded;
}

async function brokenInvariants(mutation: string, seed: number, signal: AbortSignal): Promise<string[]> {
  const folder = makeTemporaryFolder(ownArgument(fileURLToPath(import.meta.url)));
  try {
    const faults = allFaults.filter(({ kind }) => mutations[mutation]?.faults.includes(kind));
    const logs = join(layoutOf(checkout).data, 'chaos', 'logs-of-mutations');
    const { findings } = await runChaos({
      seed,
      plan: { faults, seconds },
      mutation,
      folder,
      logs,
      signal,
      announce: () => {},
    });
    return [...new Set(findings.map(({ invariant }) => invariant))];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exit(await main(process.argv.slice(2)).catch((error: unknown) => reportFailure(error, print)));
