import { createInterface } from 'node:readline/promises';

/** Nobody confirmed; the message says how to. */
export class NotConfirmed extends Error {
  override readonly name = 'NotConfirmed';
}

/**
 * Asks for confirmation of what a command is about to do; `yes` stands for `--yes` and skips the question. Throws a
 * NotConfirmed when the answer is not yes, or when there is no terminal to ask on.
 */
export async function confirm(question: string, yes: boolean): Promise<void> {
  if (yes) return;
  const { stdin: input, stderr: output } = process;
  if (!input.isTTY || !output.isTTY)
    throw new NotConfirmed(`${question} Nothing was done: there is no terminal to ask on, so say --yes.`);
  const terminal = createInterface({ input, output });
  try {
    const answer = await terminal.question(`${question} Type "yes" to go on: `);
    if (answer.trim().toLowerCase() !== 'yes') throw new NotConfirmed('Nothing was done.');
  } finally {
    terminal.close();
  }
}
