/**
 * `npm run new-service -- comments`: adds a service that starts, migrates, answers behind the gateway and can be deployed. Writes nothing when something is in
 * the way. `--remove` removes it again, by the patch that was kept when it was added.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { editsFor } from './edits.mjs';
import { checkName } from './names.mjs';

const repository = fileURLToPath(new URL('../..', import.meta.url));
/** It has the rights of all, which are generated: a patch of it would not hold. */
const natsRights = 'deploy/docker/authorization.conf';
const read = (path) => readFileSync(join(repository, path), 'utf8');
try {
  const names = process.argv.slice(2).filter((argument) => argument !== '--remove');
  const [name, ...rest] = names;
  if (rest.length > 0)
    throw new Error(`"${rest.join(' ')}" is one argument too many: npm run new-service -- comments`);
  if (process.argv.includes('--remove')) remove(name);
  else add(name);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

function add(name) {
  const written = filesFor(describe(name));
  const before = Object.keys(written)
    .filter((path) => path !== 'package-lock.json' && existsSync(join(repository, path)))
    .map((path) => [path, read(path)]);
  for (const [path, content] of Object.entries(written)) write(path, content);
  const formatted = Object.keys(written).filter((path) => /\.(ts|json|md|ya?ml|mjs)$/.test(path));
  runTool('node_modules/prettier/bin/prettier.cjs', '--write', ...formatted);
  const kept = before.filter(([path]) => path !== natsRights);
  write(patchOf(name), kept.map(([path, content]) => difference(path, content)).join(''));
  generate();
  console.log(
    `${name} is in services/${name}. Next: npm install, npm test -w services/${name}, npm start. --remove takes it back.`,
  );
}

function remove(name) {
  const patch = name && patchOf(name);
  if (!patch || !existsSync(join(repository, patch)))
    throw new Error(`${patch || 'services/<name>/scaffold.patch'} does not exist: it says what to take back`);
  const { status, stderr } = spawnSync('git', ['apply', '--reverse', '--recount', patch], {
    cwd: repository,
    encoding: 'utf8',
  });
  if (status !== 0)
    throw new Error(
      `What was added has been changed since, so nothing was taken back. Take it back by hand, and remove services/${name}:\n${stderr}`,
    );
  for (const path of [
    `services/${name}`,
    `packages/contracts/src/${name}.ts`,
    `deploy/k8s/base/${name}.yaml`,
    `.github/workflows/${name}.yml`,
  ])
    rmSync(join(repository, path), { recursive: true, force: true });
  rmSync(join(repository, 'node_modules/@agora', name), { force: true });
  write('package-lock.json', lockfileWithout(name));
  write(
    natsRights,
    read(natsRights).replace(new RegExp(` {4}\\{\\n {6}user: ${name}\\n[^]*?\\n {4}\\}\\n`), ''),
  );
  generate();
  console.log(`${name} is gone. Its schema and roles stay in databases that have them.`);
}

function patchOf(name) {
  return `services/${name}/scaffold.patch`;
}

/** How a file has changed, as `git apply` reads it. */
function difference(path, was) {
  const folder = mkdtempSync(join(tmpdir(), 'agora-scaffold-'));
  try {
    const old = join(folder, 'old');
    writeFileSync(old, was);
    const { stdout } = spawnSync('git', ['diff', '--no-index', '--no-color', old, join(repository, path)], {
      encoding: 'utf8',
    });
    const hunks = stdout.indexOf('\n@@');
    return hunks < 0
      ? ''
      : `diff --git a/${path} b/${path}\n--- a/${path}\n+++ b/${path}${stdout.slice(hunks)}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The public documents and NATS's rights are made of what is built. */
function generate() {
  runTool('node_modules/typescript/bin/tsc', '-b');
  runTool('scripts/generate-event-docs.mjs');
  runTool('scripts/generate-nats-rights.mjs');
  runTool('scripts/generate-openapi.mjs');
  runTool('clients/typescript/generate-types.mjs');
}

function runTool(tool, ...args) {
  try {
    execFileSync(process.execPath, [tool, ...args], { cwd: repository, stdio: 'pipe' });
  } catch (error) {
    throw new Error(`${tool} failed:\n${error.stdout}${error.stderr}`, { cause: error });
  }
}

function describe(name) {
  const list = /schemas = \[([^\]]*)\]/.exec(read('packages/database/src/schema/provision.ts'))?.[1] ?? '';
  const services = [...list.matchAll(/'(\w+)'/g)].map(([, each]) => each);
  checkName(name, { services, routes: read('gateway/src/routes.ts') });
  const place = services.length + 1;
  const Name = name[0].toUpperCase() + name.slice(1);
  return { name, Name, NAME: name.toUpperCase(), port: 8000 + place, internalPort: 9000 + place };
}

/** The content of everything that is new or changes, by path. */
function filesFor(service) {
  const { name } = service;
  const folder = `services/${name}`;
  const fill = (template) =>
    read(`tools/new-service/template/${template}.txt`).replaceAll(/\{\{(\w+)\}\}/g, (_, key) => service[key]);
  const edited = Object.entries(editsFor(service)).map(([path, edits]) => [
    path,
    edits.reduce(apply(path), read(path)),
  ]);
  return {
    ...Object.fromEntries(edited),
    'package-lock.json': lockfileWith(name),
    [`${folder}/package.json`]: JSON.stringify(manifestOf(name), null, 2),
    [`${folder}/tsconfig.json`]: read('services/votes/tsconfig.json').replace(
      / *\{ "path": "[^"]*import-monolith" \},\n/,
      '',
    ),
    ...Object.fromEntries(ownFiles().map((path) => [`${folder}/${path}`, fill(`service/${path}`)])),
    [`packages/contracts/src/${name}.ts`]: fill('contract.ts'),
    [`deploy/k8s/base/${name}.yaml`]: fill('kubernetes.yaml'),
    [`.github/workflows/${name}.yml`]: fill('workflow.yml'),
  };
}

/** The files of the template that go into the service's folder, relative to it. */
function ownFiles() {
  const paths = readdirSync(new URL('template/service', import.meta.url), {
    recursive: true,
    encoding: 'utf8',
  });
  return paths.filter((path) => path.endsWith('.txt')).map((path) => path.slice(0, -'.txt'.length));
}

/** Each place must be there once; else the repository is not as it was when this was written. */
function apply(path) {
  return (content, { place, edit }) => {
    if ([...content.matchAll(new RegExp(place, `${place.flags}g`))].length !== 1)
      throw new Error(`${path} has changed: ${place} is not in it once; nothing was written`);
    return content.replace(place, (found) => edit(found));
  };
}

/** That of votes, in the versions it has, without what only votes needs. */
function manifestOf(name) {
  const text = read('services/votes/package.json').replaceAll('votes', name);
  const manifest = JSON.parse(text);
  const needed =
    /^(joi|sequelize|@agora\/(contracts|http|process|database|identity|messaging|operations|service))$/;
  const dependencies = Object.entries(manifest.dependencies).filter(([each]) => needed.test(each));
  const scripts = Object.entries(manifest.scripts).filter(
    ([each]) => !['audit', 'projections'].includes(each),
  );
  return {
    ...manifest,
    scripts: Object.fromEntries(scripts),
    dependencies: Object.fromEntries(dependencies),
  };
}

function lockfileWith(name) {
  const lock = JSON.parse(read('package-lock.json'));
  const { version, license, dependencies, devDependencies } = manifestOf(name);
  lock.packages[`services/${name}`] = {
    name: `@agora/${name}`,
    version,
    license,
    dependencies,
    devDependencies,
  };
  lock.packages[`node_modules/@agora/${name}`] = { resolved: `services/${name}`, link: true };
  const [root, ...others] = Object.entries(lock.packages);
  lock.packages = Object.fromEntries([
    root,
    ...others.toSorted(([one], [other]) => one.localeCompare(other, 'en')),
  ]);
  return `${JSON.stringify(lock, null, 2)}\n`;
}

function lockfileWithout(name) {
  const lock = JSON.parse(read('package-lock.json'));
  delete lock.packages[`services/${name}`];
  delete lock.packages[`node_modules/@agora/${name}`];
  return `${JSON.stringify(lock, null, 2)}\n`;
}

function write(path, content) {
  mkdirSync(dirname(join(repository, path)), { recursive: true });
  writeFileSync(join(repository, path), content);
}
