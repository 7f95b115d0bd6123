import { parseArgs } from 'node:util';
import { isDatabaseUnavailable } from '@agora/database';
import { confirm } from '@agora/progress/confirm';
import { DatabaseError } from 'sequelize';

/** It was asked wrongly; the message says how in one line. */
export class UsageError extends Error {}

/** A command's output: for people, and as one line of JSON. */
export interface Answer {
  text: string;
  json: object;
  /** 1 when something is left to do; else 0. */
  code?: 0 | 1;
}

/** The options that were given, by name. */
export type Given = Record<string, string | boolean | undefined>;

export interface Command {
  name: string;
  usage: string;
  options?: Record<string, { type: 'string' | 'boolean' }>;
  run(words: string[], given: Given): Promise<Answer>;
}

/** The options of a command that asks before it acts. */
export const actingOptions = { yes: { type: 'boolean' }, 'dry-run': { type: 'boolean' } } as const;

/** Shows what a command is about to do, has somebody agree, and does it; with `--dry-run` it only shows it. */
export async function onceAgreed(
  { yes, 'dry-run': isDry }: Given,
  plan: Answer,
  question: string,
  act: () => Promise<Answer>,
): Promise<Answer> {
  if (isDry === true) return plan;
  process.stderr.write(`${plan.text}\n`);
  await confirm(question, yes === true);
  return act();
}

/**
 * The body of an operator's command: reads the arguments, prints the answer (`--json`: on one line) and ends the process, with code 0
 * when it is done, 1 and one clear line when it is not, 2 when it was asked wrongly.
 */
export async function runCommand(command: Command): Promise<never> {
  try {
    const { words, given } = parse(command);
    if (given.help) {
      process.stdout.write(`${command.usage}\n`);
      process.exit(0);
    }
    const { text, json, code = 0 } = await command.run(words, given);
    process.stdout.write(`${given.json ? JSON.stringify(json) : text}\n`);
    process.exit(code);
  } catch (error) {
    const isUsageError = error instanceof UsageError;
    process.stderr.write(`${command.name}: ${describe(error)}\n${isUsageError ? `${command.usage}\n` : ''}`);
    process.exit(isUsageError ? 2 : 1);
  }
}

function parse({ options = {} }: Command): { words: string[]; given: Given } {
  const known = { ...options, json: { type: 'boolean' }, help: { type: 'boolean' } } as const;
  try {
    const { positionals, values } = parseArgs({ options: known, allowPositionals: true });
    return { words: positionals, given: values };
  } catch (error) {
    throw new UsageError(error instanceof Error ? (error.message.split('. ', 1)[0] ?? '') : String(error));
  }
}

function describe(error: unknown): string {
  if (isDatabaseUnavailable(error)) return 'the database does not answer; nothing is half done, try again';
  const state = error instanceof DatabaseError && 'code' in error.parent ? error.parent.code : undefined;
  if (state === '42P01' || state === '42703')
    return 'the tables are not up to date; run the migrations first (npm run migrate -- up)';
  return error instanceof Error ? error.message : String(error);
}
