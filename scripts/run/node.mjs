import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, root } from './files.mjs';
import { runNpm } from './npm.mjs';
import { askedToStop, fail, leaveAs } from './processes.mjs';

const needed = 24;
const folder = join(root, 'scripts', 'node');
const fetched = join(folder, 'node_modules', '.bin', 'node');
const isRecent = Number(process.versions.node.split('.', 1)[0]) >= needed;

/** The Node.js 24 that runs Agora: `NODE_BIN`, the one of this machine, or the one that was fetched. */
export function nodeBinary() {
  return process.env.NODE_BIN || (isRecent ? process.execPath : fetched);
}

export function isNodeInstalled() {
  return Boolean(process.env.NODE_BIN) || isRecent || isUpToDate();
}

/** Fetches Node.js 24 by npm, where the machine's own is older. */
export async function installNode() {
  const name = Object.keys(readJson(join(folder, 'package.json')).optionalDependencies).find((each) =>
    each.endsWith(`${process.platform}-${process.arch}`),
  );
  if (!name) return fail(instead(`npm has no Node.js ${needed} for ${process.platform} on ${process.arch}`));
  process.stderr.write(`Fetching Node.js ${needed}, as this is ${process.version} …\n`);
  const { code, errors } = await runNpm(['ci', '--no-audit', '--no-fund', '--include=optional'], folder);
  if (askedToStop()) return leaveAs({ signal: askedToStop() });
  if (code !== 0)
    return fail(`${errors}\n${instead(`Node.js ${needed} could not be fetched; npm says why above`)}`);
  // A package for glibc is no use on Alpine.
  if (spawnSync(fetched, ['--version']).status !== 0)
    return fail(instead(`the Node.js ${needed} of npm does not run on this machine (is it Alpine?)`));
  return undefined;
}

const instead = (reason) =>
  `Agora needs Node.js ${needed} and ${reason}. Install Node.js ${needed}, or set NODE_BIN to the path of one.`;

function isUpToDate() {
  const lock = join(folder, 'node_modules', '.package-lock.json');
  return (
    existsSync(fetched) &&
    existsSync(lock) &&
    statSync(lock).mtimeMs >= statSync(join(folder, 'package.json')).mtimeMs
  );
}
