/**
 * A process that runs operators' commands one after the other. Each has arguments, environment, output and exit code of its own, as if it were
 * started; what is saved is loading the code, which takes longer than most of what they do.
 */
import { pathToFileURL } from 'node:url';

/** What the parent asks for. */
export interface AskedCommand {
  script: string;
  args: string[];
  environment: Record<string, string>;
}

/** What a command has left. */
export interface EndedCommand {
  code: number;
  stdout: string;
  stderr: string;
}

/** Thrown in place of the end of the process. */
class Ended extends Error {}

let runs = 0;

async function run({ script, args, environment }: AskedCommand): Promise<EndedCommand> {
  process.argv = [process.execPath, script, ...args];
  process.env = { ...environment };
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    process[name].write = keep((text) => (said[name] += text));
  const { promise, resolve } = Promise.withResolvers<EndedCommand>();
  process.exit = (code = 0) => {
    resolve({ code: Number(code), ...said });
    throw new Ended();
  };
  // Only the command itself is evaluated again; its imports are loaded already.
  import(`${pathToFileURL(script).href}?run=${(runs += 1)}`).then(
    () => resolve({ code: Number(process.exitCode ?? 0), ...said }),
    (error: unknown) => resolve({ code: 1, stdout: said.stdout, stderr: `${said.stderr}${String(error)}\n` }),
  );
  return promise;
}

const keep = (add: (text: string) => void) =>
  ((chunk: string | Uint8Array, ...rest: unknown[]) => {
    add(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString());
    const done = rest.find((each) => typeof each === 'function');
    if (done) process.nextTick(done);
    return true;
  }) as typeof process.stdout.write;

process.on('unhandledRejection', (error) => {
  if (!(error instanceof Ended)) throw error;
});
process.on('message', (asked: AskedCommand) => void run(asked).then((ended) => process.send?.(ended)));
