/** `npm run check`: everything that can be checked without running the code. Expects installed packages. */
import { spawn } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('..', import.meta.url));
const environment = {
  ...process.env,
  // The tools run on the Node.js that runs this, which may be newer than the machine's own.
  PATH: [dirname(process.execPath), join(repository, 'node_modules/.bin'), process.env.PATH].join(delimiter),
};

/** Types come before lint: type-aware rules read what `tsc -b` built. */
const steps = {
  format: 'prettier --check .',
  types: 'tsc -b && tsc -p tsconfig.test.json && tsc -p deploy/ecs/tsconfig.test.json',
  lint: 'oxlint',
  names: 'node scripts/check-names.mjs',
  boundaries: 'depcruise packages services gateway tools clients deploy/ecs test scripts',
  'unused code': 'knip --no-config-hints',
  'generated files': 'node scripts/generate.mjs --check',
  openapi: 'node scripts/lint-openapi.mjs',
  compatibility: 'node scripts/check-compatibility.mjs',
  'kubernetes manifests': 'node deploy/k8s/check/validate.ts',
  'package-lock.json': ['.', 'deploy/ecs', 'deploy/k8s']
    .map((folder) => `npm ci --dry-run --offline --ignore-scripts --prefix ${folder}`)
    .join(' && '),
};

let failed = 0;
for (const [name, command] of Object.entries(steps)) {
  const started = performance.now();
  const { code, output } = await run(command);
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  console.log(`${code === 0 ? '✓' : '✗'} ${name} ${seconds} s`);
  if (code === 0) continue;
  failed += 1;
  console.log(`\n${output.trimEnd()}\n\n  again: npx -c '${command}'\n`);
}
process.exitCode = failed > 0 ? 1 : 0;

/** Runs a command line to its end, whatever that is. */
function run(command) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, {
      cwd: repository,
      env: environment,
      shell: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}
