import { createLogUpdate } from 'log-update';

/** Where output goes: standard output, or a stream that keeps it. */
export type Out = NodeJS.WritableStream & { isTTY?: boolean; columns?: number };

/** How far one part of the work is. */
export interface Progress {
  advance(count?: number): void;
  /** Shows the last state for good, even if it is not the end. */
  end(): void;
}

const width = 30;

/** A bar on a terminal; elsewhere a line for every quarter. `done` were done by an earlier, interrupted run. */
export function showProgress(out: Out, label: string, total: number, done = 0): Progress {
  const startedAt = performance.now();
  const state = (now: number) => `${now}/${total}  ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`;
  const name = label.padEnd(6);
  // Some terminals, such as an editor's, do not report their width, and a bar would be cut to nothing.
  return out.isTTY && out.columns
    ? drawBar(out, done, (now) => `${name} ${barOf(now, total)} ${state(now)}`)
    : writeLines(out, { done, total }, (now) => `${name} ${state(now)}`);
}

const barOf = (done: number, total: number) => {
  const filled = total === 0 ? width : Math.floor((done / total) * width);
  return '█'.repeat(filled) + '░'.repeat(width - filled);
};

function drawBar(out: Out, begun: number, describe: (done: number) => string): Progress {
  const update = createLogUpdate(out);
  let done = begun;
  update(describe(done));
  return {
    advance: (count = 1) => update(describe((done += count))),
    end: () => {
      update(describe(done));
      update.done();
    },
  };
}

function writeLines(
  out: Out,
  { done: begun, total }: { done: number; total: number },
  describe: (done: number) => string,
): Progress {
  let done = begun;
  let written = -1;
  const write = () => {
    if (written !== done) out.write(`${describe(done)}\n`);
    written = done;
  };
  const quarter = Math.max(Math.ceil(total / 4), 1);
  return {
    advance: (count = 1) => {
      const before = Math.floor(done / quarter);
      done += count;
      if (Math.floor(done / quarter) > before) write();
    },
    end: write,
  };
}
