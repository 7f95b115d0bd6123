import { spawn } from 'node:child_process';
import { Failure } from './failure.mjs';

/**
 * Runs kubectl against one context and namespace. Each function throws a Failure with kubectl's own words when it ends
 * with another code than 0.
 */
export function createKubectl(command, { context, namespace }) {
  const place = [
    ...(context ? ['--context', context] : []),
    ...(namespace ? ['--namespace', namespace] : []),
  ];

  /** What it prints. `input` is its standard input. */
  async function run(args, input) {
    const { code, stdout, stderr } = await spawned(command, [...args, ...place], input);
    if (code === 0) return stdout;
    const words = `${stderr || stdout}`.trim();
    throw new Failure(`kubectl ${args.slice(0, 3).join(' ')} failed`, words.split('\n'));
  }

  async function list(what, selector) {
    const args = ['get', what, '--output', 'json', ...(selector ? ['--selector', selector] : [])];
    return JSON.parse(await run(args)).items;
  }

  /** `poddisruptionbudget.policy/votes` → its version, for the objects that exist. */
  async function versionsOfBudgets(objects) {
    if (!objects.some(({ kind }) => kind === 'PodDisruptionBudget')) return new Map();
    const budgets = await list('poddisruptionbudgets');
    return new Map(
      budgets.map(({ metadata }) => [
        `poddisruptionbudget.policy/${metadata.name}`,
        metadata.resourceVersion,
      ]),
    );
  }

  return {
    run,

    /** The items of `kubectl get <what>`; selector may be left out. */
    list,

    /** One object, or undefined if it does not exist. */
    async find(kind, name) {
      const text = await run(['get', kind, name, '--ignore-not-found', '--output', 'json']);
      return text.trim() === '' ? undefined : JSON.parse(text);
    },

    /** Resolves with the lines of `kubectl apply` about what has changed. */
    async apply(objects) {
      if (objects.length === 0) return [];
      const before = await versionsOfBudgets(objects);
      const output = await run(['apply', '--filename', '-'], listOf(objects));
      const changed = output.split('\n').filter((line) => line !== '' && !line.endsWith(' unchanged'));
      // kubectl sends the selector of a PodDisruptionBudget again each time, and says "configured" of what the server has not changed.
      const after = await versionsOfBudgets(objects);
      return changed.filter((line) => {
        const [name, verb] = line.split(' ');
        return verb !== 'configured' || !after.has(name) || after.get(name) !== before.get(name);
      });
    },

    /** The API server's answer at that path, or undefined if it has no such path. */
    async ask(path) {
      try {
        return JSON.parse(await run(['get', '--raw', path]));
      } catch (error) {
        if (
          error instanceof Failure &&
          /\(?NotFound\)?|could not find the requested resource/.test(error.details.join())
        )
          return undefined;
        throw error;
      }
    },
  };
}

export const listOf = (objects) => JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });

function spawned(command, args, input = '') {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'pipe' });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    child.on('error', ({ message }) =>
      reject(
        new Failure(`${command} can't be run: ${message}`, [
          'Install kubectl, or say with KUBECTL where it is.',
        ]),
      ),
    );
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    // A command that ends early does not read all of its input, and reports the reason itself.
    child.stdin.on('error', () => undefined).end(input);
  });
}
