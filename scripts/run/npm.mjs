import { existsSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { modules } from './files.mjs';
import { run } from './processes.mjs';

/** Runs npm in a folder; resolves to its exit code and, when it failed, its message. */
export async function runNpm(args, cwd) {
  const [npm, ...first] = npmCommand();
  const { code, output } = await run(npm, [...first, ...args], { cwd, env: npmEnvironment() });
  return { code, errors: code === 0 ? '' : npmErrors(output) };
}

// The running Node may be one in node_modules, which `npm ci` deletes: npm gets the one that it itself came with.
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
