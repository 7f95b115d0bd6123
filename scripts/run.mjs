// The door to every command: makes sure the dependencies are installed and the code is built, then hands over to
// the Node 24 that the repository brings along. Runs on Node 20 with nothing installed.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build, isBuilt } from './run/build.mjs';
import { root } from './run/files.mjs';
import { install, isInstalled, nodeBinary } from './run/install.mjs';
import { takeTurn } from './run/lock.mjs';
import { fail, leaveAs, run, watchSignals } from './run/processes.mjs';

const commands = {
  start: { script: 'tools/local-stack/dist/commands/start.js' },
  dev: { script: 'tools/local-stack/dist/commands/start.js', first: ['--watch'], evenWithTypeErrors: true },
  migrate: { script: 'tools/local-stack/dist/commands/migrate.js' },
  keys: { script: 'tools/local-stack/dist/commands/keys.js' },
  'import-monolith': { script: 'tools/local-stack/dist/commands/import-monolith.js' },
  'new-consumer': { script: 'tools/local-stack/dist/commands/consumer-command.js' },
  'new-service': { script: 'tools/new-service/new-service.mjs' },
  audit: { script: 'tools/local-stack/dist/commands/operate.js', first: ['audit'] },
  'dead-letters': { script: 'tools/local-stack/dist/commands/operate.js', first: ['dead-letters'] },
  accounts: { script: 'tools/local-stack/dist/commands/operate.js', first: ['accounts'] },
  mails: { script: 'tools/local-stack/dist/commands/operate.js', first: ['mails'] },
  outbox: { script: 'tools/local-stack/dist/commands/operate.js', first: ['outbox'] },
  streams: { script: 'tools/local-stack/dist/commands/streams-command.js' },
  quarantine: { script: 'tools/local-stack/dist/commands/operate.js', first: ['quarantine'] },
  projections: { script: 'tools/local-stack/dist/commands/operate.js', first: ['projections'] },
  backup: { script: 'tools/local-stack/dist/backup/backup-command.js' },
  reconcile: { script: 'tools/local-stack/dist/backup/reconcile-command.js' },
  restore: { script: 'tools/local-stack/dist/backup/restore-command.js' },
  demo: { script: 'tools/demo/dist/demo.js' },
  chaos: { script: 'tools/chaos/dist/main.js' },
  'chaos:sensitivity': { script: 'tools/chaos/dist/sensitivity.js' },
  bench: { script: 'tools/bench/dist/main.js' },
  test: { script: 'tools/local-stack/dist/commands/test.js' },
  check: { script: 'scripts/check.mjs' },
};

async function main([name, ...args]) {
  const command = Object.hasOwn(commands, name ?? '') ? commands[name] : undefined;
  if (!command) fail(`Usage: node scripts/run.mjs ${Object.keys(commands).join('|')} [arguments]`, 2);
  watchSignals();
  if (!isInstalled() || !isBuilt()) await prepare(command);
  const script = join(root, command.script);
  if (!existsSync(script)) fail(`${command.script} does not exist.`);
  const env = { ...process.env, AGORA_PARENT: String(process.pid) };
  leaveAs(await run(nodeBinary(), [script, ...(command.first ?? []), ...args], { stdio: 'inherit', env }));
}

async function prepare(command) {
  const done = await takeTurn();
  try {
    if (!isInstalled()) await install();
    if (!isBuilt()) await build(command);
  } finally {
    done();
  }
}

await main(process.argv.slice(2)).catch((error) => fail(error.message));
