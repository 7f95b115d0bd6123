// The door to every command: makes sure that what the command needs is installed and built, then hands over to Node.js 24.
// Runs on Node.js 20 with nothing installed.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build, isBuilt } from './run/build.mjs';
import { commands, describeCommand, listCommands, wrongArgument } from './run/commands.mjs';
import { compileCache, root } from './run/files.mjs';
import { incomplete, install, installFolder, isInstalled } from './run/install.mjs';
import { takeTurn } from './run/lock.mjs';
import { checkMachine } from './run/machine.mjs';
import { installNode, isNodeInstalled, nodeBinary } from './run/node.mjs';
import { fail, leaveAs, run, watchSignals } from './run/processes.mjs';

async function main([name, ...args]) {
  if (name === 'help') return print(listCommands());
  const command = Object.hasOwn(commands, name ?? '') ? commands[name] : undefined;
  if (!command) return fail(`There is no command "${name ?? ''}".\n${listCommands()}`, 2);
  if (args.includes('--help') && !command.ownHelp && name !== 'test') return print(describeCommand(name));
  const wrong = wrongArgument(name, args);
  if (wrong) return fail(`${name}: ${wrong}\n${describeCommand(name)}`, 2);
  watchSignals();
  const needs = command.needs ?? 'run';
  const folders = incomplete(command.installs?.(args) ?? []);
  if (!isReady(needs) || folders.length > 0) await prepare(command, needs, folders);
  const script = join(root, command.script);
  if (!existsSync(script)) return fail(`${command.script} does not exist.`);
  const env = { NODE_COMPILE_CACHE: compileCache, ...process.env, AGORA_PARENT: String(process.pid) };
  return leaveAs(
    await run(nodeBinary(), [script, ...(command.first ?? []), ...args], { stdio: 'inherit', env }),
  );
}

const isReady = (needs) => isNodeInstalled() && isInstalled(needs) && isBuilt(needs);

async function prepare(command, needs, folders) {
  const done = await takeTurn();
  try {
    if (!isInstalled(needs)) await checkMachine(needs, command.opensPorts);
    if (!isNodeInstalled()) await installNode();
    if (!isInstalled(needs)) await install(needs);
    for (const folder of incomplete(folders)) await installFolder(folder);
    if (!isBuilt(needs)) await build(command, needs);
  } finally {
    done();
  }
}

const print = (text) => void process.stdout.write(`${text}\n`);

await main(process.argv.slice(2)).catch((error) => fail(error.message));
