export interface Progress {
  /** Runs `work` and prints one line with a tick and the seconds when it is done. */
  step<Result>(label: string, work: () => Promise<Result>): Promise<Result>;
  /** Prints a line of its own. */
  line(text: string): void;
}

/** Progress for people: on a terminal what is going on stays visible below the finished lines, elsewhere plain lines. */
export function createProgress(output: NodeJS.WriteStream = process.stdout): Progress {
  const running = new Set<string>();
  const status = () => {
    if (output.isTTY && running.size > 0) output.write(`  … ${[...running].join(', ')}`);
  };
  const line = (text: string) => {
    if (output.isTTY) output.write('\r\u001b[K');
    output.write(`${text}\n`);
    status();
  };
  const refresh = () => {
    if (output.isTTY) output.write('\r\u001b[K');
    status();
  };
  return {
    line,
    async step(label, work) {
      const startedAt = Date.now();
      running.add(label);
      refresh();
      try {
        const result = await work();
        running.delete(label);
        line(`  ✓ ${label.padEnd(28)} ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
        return result;
      } catch (error) {
        running.delete(label);
        refresh();
        throw error;
      }
    },
  };
}
