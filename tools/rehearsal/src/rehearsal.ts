import type { System } from './system.js';

/** What is done with a command of a page. */
type Step = RunStep | FormStep | ExceptStep;

interface RunStep {
  /** What stands for the words in angle brackets and other examples, as it is known by then. */
  with?(system: System): Promise<Record<string, string>> | Record<string, string>;
  /** What has to happen before; the page says so in words. */
  before?(system: System): Promise<void>;
  /** The exit code; 0 by default. */
  code?: number;
  says?: RegExp;
  /** Whether it asks, and is answered "yes". */
  asks?: boolean;
  /** What must be so once it has ended; it is waited for. */
  then?(system: System): Promise<void>;
}

/** For a deployment that is not here: what it names must exist there. */
interface FormStep {
  form: true;
}

/** Not run, and why. */
interface ExceptStep {
  except: string;
}

/** How one page is rehearsed. */
export interface Rehearsal {
  /** Brings the state about that the page is for. */
  situation?(system: System): Promise<void>;
  /** By the page's words, as they stand there. */
  commands: Record<string, Step>;
  /** What must be true when all of it was done; it is waited for. */
  after?(system: System): Promise<void>;
}

/** What is missing or stale in a rehearsal of these commands. */
export function gapsOf({ commands }: Rehearsal, page: readonly string[]): string[] {
  return [
    ...page.filter((command) => !Object.hasOwn(commands, command)).map((each) => `not rehearsed: ${each}`),
    ...Object.keys(commands)
      .filter((command) => !page.includes(command))
      .map((each) => `not on the page: ${each}`),
  ];
}

/** Does all that a page says, in its order. Throws an Error that says what went otherwise. */
export async function rehearse(
  { situation, commands, after }: Rehearsal,
  page: readonly string[],
  system: System,
): Promise<void> {
  await situation?.(system);
  for (const command of page) {
    const step = commands[command];
    if (!step || 'form' in step || 'except' in step) continue;
    await run(command, step, system);
  }
  if (after) await until(() => after(system));
}

async function run(command: string, step: RunStep, system: System): Promise<void> {
  await step.before?.(system);
  const written = Object.entries((await step.with?.(system)) ?? {}).reduce(
    (text, [example, value]) => text.replaceAll(example, value),
    command,
  );
  const { code, output } = /^SELECT\b/.test(written)
    ? { code: 0, output: JSON.stringify(await system.sql(written)) }
    : await carryOut(written, step, system);
  const { code: expected = 0, says } = step;
  if (code !== expected) throw new Error(`${written}\nended with ${code}, not ${expected}:\n${output}`);
  if (says && !says.test(output)) throw new Error(`${written}\ndoes not say ${String(says)}:\n${output}`);
  const { then } = step;
  if (then) await until(() => then(system), `after ${written}\n${output}`);
}

async function carryOut(command: string, { asks }: RunStep, system: System) {
  if (command !== 'npm start') return system.type(command, asks ? 'yes\n' : '');
  await system.start();
  return { code: 0, output: '' };
}

const patience = 60_000;

/** Waits until `check` no longer throws. */
export async function until(check: () => Promise<void>, context = ''): Promise<void> {
  for (const since = performance.now(); ; await new Promise((resolve) => setTimeout(resolve, 250))) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() - since < patience) continue;
      throw new Error(`${context}\n${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }
}

/** Throws unless both are the same, as JSON. */
export function same(found: unknown, expected: unknown): void {
  const [one, other] = [JSON.stringify(found), JSON.stringify(expected)];
  if (one !== other) throw new Error(`found ${one}, expected ${other}`);
}
