import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { modules, readJson, root } from './files.mjs';
import { askedToStop, fail, leaveAs, run } from './processes.mjs';

const stamp = join(modules, '.agora-install.json');
const bundledNode = join(modules, '.bin', 'node');

/** Whether node_modules holds what the lockfile and every package.json ask for. */
export function isInstalled() {
  const wanted = fingerprint();
  if (readJson(stamp)?.fingerprint === wanted) return true;
  if (!matchesLockfile()) return false;
  writeStamp(wanted);
  return true;
}

/** Installs by the lockfile; npm is heard only when that fails. */
export async function install() {
  process.stderr.write('Installing dependencies (once, about a minute) …\n');
  const startedAt = Date.now();
  const [npm, ...first] = npmCommand();
  const args = [...first, 'ci', '--no-audit', '--no-fund', '--include=dev', '--include=optional'];
  const result = await run(npm, args, { cwd: root, env: npmEnvironment() });
  if (askedToStop()) leaveAs({ signal: askedToStop() });
  if (result.code !== 0)
    fail(`${npmErrors(result.output)}\nThe dependencies could not be installed; npm says why above.`);
  writeStamp(fingerprint());
  process.stderr.write(`Dependencies installed in ${Math.round((Date.now() - startedAt) / 1000)} s.\n`);
}

/** The Node 24 that the dependencies bring along, or the Node that runs this where there is none for the platform. */
export function nodeBinary() {
  return readJson(stamp)?.bundledNodeWorks && existsSync(bundledNode) ? bundledNode : process.execPath;
}

function fingerprint() {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')));
  for (const file of manifests()) hash.update(readFileSync(file));
  return hash.digest('hex');
}

function manifests() {
  const { workspaces } = readJson(join(root, 'package.json'));
  const folders = workspaces.flatMap((pattern) => {
    if (!pattern.endsWith('/*')) return [pattern];
    const parent = pattern.slice(0, -2);
    return readdirSync(join(root, parent))
      .toSorted()
      .map((entry) => join(parent, entry));
  });
  return ['.', ...folders].map((folder) => join(root, folder, 'package.json')).filter(existsSync);
}

// Someone who ran `npm install` by hand is not made to install again: npm records what it put there.
function matchesLockfile() {
  const present = readJson(join(modules, '.package-lock.json'))?.packages;
  const wanted = readJson(join(root, 'package-lock.json'))?.packages;
  if (!present || !wanted) return false;
  return Object.entries(wanted).every(([path, { version, optional, link }]) => {
    if (!path.includes('node_modules/')) return true;
    if (!present[path]) return Boolean(optional);
    return link ? existsSync(join(root, path)) : present[path].version === version;
  });
}

// The running Node may be the one in node_modules, which `npm ci` deletes: npm gets the one that it itself came with.
function npmCommand() {
  const { npm_execpath: script, npm_node_execpath: node } = process.env;
  const usable =
    script && node && basename(script) === 'npm-cli.js' && !node.startsWith(modules) && existsSync(node);
  return usable ? [node, script] : ['npm'];
}

function npmEnvironment() {
  const inherited = Object.entries(process.env).filter(([key]) => !isAboutOneWorkspace(key));
  const path = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((entry) => !entry.endsWith(join('node_modules', '.bin')));
  return { ...Object.fromEntries(inherited), PATH: path.join(delimiter) };
}

// `npm start -w services/votes` passes its workspace on by these, and `npm ci` would install for that one alone.
function isAboutOneWorkspace(key) {
  return /^npm_config_(workspaces?|include_workspace_root|local_prefix|prefix|global)$/i.test(key);
}

function npmErrors(output) {
  const errors = output.split('\n').filter((line) => line.startsWith('npm error') && line.length > 10);
  const usage = errors.findIndex((line) => /Clean install a project|complete log/.test(line));
  const relevant = usage < 0 ? errors : errors.slice(0, usage);
  return (relevant.length > 0 ? relevant.slice(0, 20).join('\n') : output).trim();
}

// Whether this machine's C library suits that Node 24 shows only when it is run, so that is tried once, here.
function writeStamp(wanted) {
  const bundledNodeWorks = existsSync(bundledNode) && spawnSync(bundledNode, ['--version']).status === 0;
  writeFileSync(stamp, JSON.stringify({ fingerprint: wanted, bundledNodeWorks }));
}
