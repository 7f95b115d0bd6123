/**
 * `node gather-service.mjs auth /app`: copies what a built service needs to run, and nothing else, into a folder laid out
 * like the repository. Expects its production dependencies to be installed.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';

const [service, target] = process.argv.slice(2);
const repository = process.cwd();

const workspaces = workspacesOf(`@agora/${service}`);
for (const folder of workspaces.values()) {
  for (const part of [
    'package.json',
    'dist',
    'data',
    'templates',
    'openapi.json',
    'asyncapi.json',
    'node_modules',
  ])
    copy(join(folder, part));
}
copy(join(repository, 'node_modules'));

mkdirSync(join(target, 'node_modules', '@agora'));
for (const [name, folder] of workspaces) {
  symlinkSync(join('../..', relative(repository, folder)), join(target, 'node_modules', name));
}

/** The folders of a workspace and of those it depends on, by name; npm also links the ones that only its tests use. */
function workspacesOf(name, found = new Map()) {
  if (found.has(name)) return found;
  const folder = realpathSync(join(repository, 'node_modules', name));
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  found.set(name, folder);
  for (const each of Object.keys(dependencies)) if (each.startsWith('@agora/')) workspacesOf(each, found);
  return found;
}

function copy(path) {
  if (!existsSync(path)) return;
  cpSync(path, join(target, relative(repository, path)), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (each) => !isForReaders(each) && !isElsewhere(each),
  });
}

/** What compilers, debuggers and people read; licences stay. */
function isForReaders(path) {
  return /\.([cm]?tsx?|map|tsbuildinfo)$|\/(readme|changelog|history)\.md$|\/node_modules\/(@types|\.bin|\.package-lock\.json)$/i.test(
    path,
  );
}

/** Workspaces, which are linked again, and native code for other machines. */
function isElsewhere(path) {
  return /\/node_modules\/@agora$|\/prebuilds\/(?!linux-)[^/]+$/.test(path);
}
