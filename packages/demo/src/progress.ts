import { createLogUpdate } from 'log-update';

/** Where words go: standard output, or a stream that keeps them. */
export type Out = NodeJS.WritableStream & { isTTY?: boolean; columns?: number };

/** How far one part of the work is. */
export interface Progress {
  advance(): void;
  /** Leaves the last state standing, also when it is not the end. */
  end(): void;
}

const width = 30;

/** A bar on a terminal; elsewhere a line for every quarter. */
export function showProgress(out: Out, label: string, total: number): Progress {
  const startedAt = performance.now();
  const state = (done: number) =>
    `${done}/${total}  ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`;
  const name = label.padEnd(6);
  // Some terminals, as of an editor, do not tell how wide they are, and a bar would be cut to nothing.
  return out.isTTY && out.columns
    ? drawBar(out, (done) => `${name} ${barOf(done, total)} ${state(done)}`)
    : writeLines(out, total, (done) => `${name} ${state(done)}`);
}

const barOf = (done: number, total: number) => {
  const filled = total === 0 ? width : Math.floor((done / total) * width);
  return '█'.repeat(filled) + '░'.repeat(width - filled);
};

function drawBar(out: Out, describe: (done: number) => string): Progress {
  const update = createLogUpdate(out);
  let done = 0;
  update(describe(done));
  return {
    advance: () => update(describe((done += 1))),
    end: () => {
      update(describe(done));
      update.done();
    },
  };
}

function writeLines(out: Out, total: number, describe: (done: number) => string): Progress {
  let done = 0;
  let written = -1;
  const write = () => {
    if (written !== done) out.write(`${describe(done)}\n`);
    written = done;
  };
  const quarter = Math.max(Math.ceil(total / 4), 1);
  return {
    advance: () => {
      done += 1;
      if (done % quarter === 0) write();
    },
    end: write,
  };
}
