import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { modules, readJson, root } from './files.mjs';
import { runNpm } from './npm.mjs';
import { askedToStop, fail, leaveAs } from './processes.mjs';

const stamp = join(modules, '.agora-install.json');

/** Whether node_modules holds what the lockfile asks for: all of it, or what it takes to `run`. */
export function isInstalled(needs) {
  const wanted = fingerprint();
  const { fingerprint: found, needs: had } = readJson(stamp) ?? {};
  if (found === wanted && (had === 'all' || had === needs)) return isThere(needs);
  if (!isThere(needs) || !matchesLockfile(needs)) return false;
  writeFileSync(stamp, JSON.stringify({ fingerprint: wanted, needs }));
  return true;
}

/** Installs by the lockfile: all of it, or what it takes to `run`. */
export async function install(needs) {
  const startedAt = Date.now();
  const showing = showProgress(packagesFor(needs));
  // `npm ci` begins by deleting, which what runs meanwhile would not survive.
  const verb = existsSync(modules) && isThere('run') ? ['install', '--no-save'] : ['ci'];
  const omitted = needs === 'run' ? ['--omit=dev'] : ['--include=dev'];
  const { code, errors } = await runNpm(
    [...verb, '--no-audit', '--no-fund', '--include=optional', ...omitted],
    root,
  );
  clearInterval(showing);
  if (askedToStop()) leaveAs({ signal: askedToStop() });
  if (code !== 0) fail(`${errors}\nThe dependencies could not be installed; npm says why above.`);
  writeFileSync(stamp, JSON.stringify({ fingerprint: fingerprint(), needs }));
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  process.stderr.write(`${isTerminal ? '\r\u001b[K' : ''}Dependencies installed in ${seconds} s.\n`);
}

/** Of the folders with a lockfile of their own, those whose packages are not all there. */
export const incomplete = (folders) => folders.filter((each) => !matchesLockfile('all', join(root, each)));

/** Installs a folder that has a lockfile of its own by it. */
export async function installFolder(folder) {
  process.stderr.write(`Installing the dependencies of ${folder} …\n`);
  const { code, errors } = await runNpm(
    ['ci', '--no-audit', '--no-fund', '--ignore-scripts', '--include=dev', '--include=optional'],
    join(root, folder),
  );
  if (askedToStop()) leaveAs({ signal: askedToStop() });
  if (code !== 0)
    fail(`${errors}\nThe dependencies of ${folder} could not be installed; npm says why above.`);
}

const isTerminal = process.stderr.isTTY;

/** Says how many of the packages are there: again and again on one line of a terminal, elsewhere every ten seconds. */
function showProgress(packages) {
  const what = () =>
    `Installing dependencies: ${packages.filter(isUnpacked).length} of ${packages.length} packages`;
  process.stderr.write(isTerminal ? what() : `${what()} …\n`);
  return setInterval(
    () => process.stderr.write(isTerminal ? `\r\u001b[K${what()}` : `${what()} …\n`),
    isTerminal ? 300 : 10_000,
  );
}

/** The paths of the packages that npm downloads on this platform. */
function packagesFor(needs) {
  const { packages = {} } = readJson(join(root, 'package-lock.json')) ?? {};
  return Object.entries(packages)
    .filter(
      ([path, each]) =>
        path.includes('node_modules/') && !each.link && !isLeftOut(each, needs) && isForThisMachine(each),
    )
    .map(([path]) => path);
}

const isLeftOut = ({ dev, devOptional }, needs) => needs === 'run' && Boolean(dev || devOptional);
const isForThisMachine = ({ os, cpu, optional }) =>
  fits(os, process.platform) &&
  fits(cpu, process.arch) &&
  !(optional && (os || cpu) && !fits(os, process.platform));
const fits = (allowed, own) => !allowed || allowed.includes(own);
// npm makes the folders long before there is anything in them.
const isUnpacked = (path) => existsSync(join(root, path, 'package.json'));
const isPresent = (path) => existsSync(join(root, path));

/** Whether every package has its folder, nested ones too: they go missing with a folder that is cleaned by hand. */
function isThere(needs) {
  const { packages = {} } = readJson(join(root, 'package-lock.json')) ?? {};
  return Object.entries(packages).every(
    ([path, each]) =>
      !path.includes('node_modules/') || isLeftOut(each, needs) || each.optional || isPresent(path),
  );
}

// After an `npm install` by hand there is nothing to install: npm records what it put there.
function matchesLockfile(needs, folder = root) {
  const present = readJson(join(folder, 'node_modules', '.package-lock.json'))?.packages;
  const wanted = readJson(join(folder, 'package-lock.json'))?.packages;
  if (!present || !wanted) return false;
  return Object.entries(wanted).every(([path, each]) => {
    if (!path.includes('node_modules/') || each.link || isLeftOut(each, needs)) return true;
    return present[path] ? present[path].version === each.version : Boolean(each.optional);
  });
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
