import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { modules, readJson, root } from './files.mjs';
import { nodeBinary } from './node.mjs';
import { askedToStop, fail, leaveAs, run } from './processes.mjs';

const stamp = join(modules, '.agora-build.json');
const notSources = new Set(['node_modules', 'dist', 'test', 'coverage']);

/** What runs without them: their dependencies need not be installed. */
const onlyForDevelopment = /^(tools\/(bench|chaos|openapi|testing)|clients\/)/;

/** Whether no source has changed since the last build that went well, of all or of what it takes to `run`. */
export function isBuilt(needs) {
  const complete = projects(needs).every((folder) => existsSync(join(folder, 'dist', '.tsbuildinfo')));
  return complete && readJson(stamp)?.[needs] === fingerprint(needs);
}

/** Compiles what has changed; type errors end the command unless it has `evenWithTypeErrors`. */
export async function build({ evenWithTypeErrors = false }, needs) {
  const compiled = fingerprint(needs);
  removeOrphanedOutput();
  const compiler = join(modules, 'typescript', 'bin', 'tsc');
  const { code, output } = await run(
    nodeBinary(),
    [compiler, '-b', ...projects(needs), '--pretty', 'false'],
    { cwd: root },
  );
  if (askedToStop()) leaveAs({ signal: askedToStop() });
  if (code === 0) writeFileSync(stamp, JSON.stringify({ ...readJson(stamp), [needs]: compiled }));
  else if (evenWithTypeErrors) process.stderr.write(output);
  else fail(`${output.trim()}\nThe code does not compile; the compiler says why above.`);
}

function projects(needs = 'all') {
  const paths = readJson(join(root, 'tsconfig.json')).references.map(({ path }) => path);
  return paths
    .filter((path) => needs === 'all' || !onlyForDevelopment.test(path))
    .map((path) => join(root, path));
}

function fingerprint(needs) {
  const hash = createHash('sha256').update(readFileSync(join(root, 'tsconfig.json')));
  hash.update(readFileSync(join(root, 'tsconfig.base.json')));
  for (const file of projects(needs).flatMap(sourcesIn).toSorted()) {
    const { mtimeMs, size } = statSync(file);
    hash.update(`${file} ${mtimeMs} ${size}\n`);
  }
  return hash.digest('hex');
}

function sourcesIn(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return notSources.has(entry.name) ? [] : sourcesIn(path);
    return /\.ts$|^(tsconfig|package)\.json$/.test(entry.name) ? [path] : [];
  });
}

// What a source that has gone (with its branch, say) was compiled to must not be run any more.
function removeOrphanedOutput() {
  for (const folder of projects()) {
    const dist = join(folder, 'dist');
    for (const output of existsSync(dist) ? readdirSync(dist, { recursive: true }) : []) {
      const [, name] = /^(.*?)(\.d\.ts|\.js|\.js\.map)$/.exec(output) ?? [];
      const sources = [join(folder, 'src', `${name}.ts`), join(folder, `${name}.ts`)];
      if (name && !sources.some((source) => existsSync(source))) rmSync(join(dist, output), { force: true });
    }
  }
}
