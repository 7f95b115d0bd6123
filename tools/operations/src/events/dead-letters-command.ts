import { correlation } from '@agora/process/requests';
import { isDatabaseUnavailable, type SchemaName } from '@agora/database';
import { openOutbox, type Subscription } from '@agora/messaging';
import {
  discardDeadLetter,
  everyDeadLetter,
  findDeadLetter,
  listDeadLetters,
  retryDeadLetter,
  type DeadLetter,
} from '@agora/messaging/operating';
import type { Sequelize } from 'sequelize';
import type { ModelCtor } from 'sequelize-typescript';
import { actingOptions, UsageError, onceAgreed, runCommand, type Answer } from '../command.js';
import { openDatabase } from '../config.js';
import { printTable, printTime } from '../print-table.js';

const usage = `Usage: npm run dead-letters -- list|show <id>|retry <id>|retry --all|discard <id>|discard --all [--json]
  list      messages that could not be applied, and why; oldest first, at most 1,000
  show      one of them, with its content
  retry     apply it now; if it fails again it stays, with the new error
  discard   drop it: it has no effect any more, even if it is delivered again; shows it first, and asks
  --dry-run show what would happen, and change nothing
  --yes     do not ask`;

const listSize = 1_000;

interface Service {
  service: SchemaName;
  models: ModelCtor[];
  subscriptions: readonly Subscription[];
}

/** `operate.js dead-letters`. */
export const runDeadLettersCommand = (of: Service): Promise<never> =>
  runCommand({
    name: `${of.service}: dead-letters`,
    usage,
    options: { ...actingOptions, all: { type: 'boolean' } },
    run: async ([verb, id, ...rest], given) => {
      const which = readWhich(verb, id, rest, given.all === true);
      const database = openDatabase(of.service, of.models);
      if (verb === 'list') return list(of, await listDeadLetters(database, listSize));
      if (verb === 'show') return show(of, await find(of, database, id ?? ''));
      const isRetry = verb === 'retry';
      const { letters, answer } = await plan(of, database, which, isRetry ? 'applied' : 'forgotten');
      if (letters === 0 || given['dry-run'] === true) return answer;
      // The normal path of a message, which the inbox lets have its effect once.
      if (isRetry) return workOn(of, database, retryWith(of, database), which);
      return onceAgreed(given, answer, `${of.service}: ${letters} messages are forgotten for good.`, () =>
        workOn(of, database, discardIn(database), which),
      );
    },
  });

function readWhich(verb = '', id: string | undefined, rest: string[], all: boolean): string {
  if (!['list', 'show', 'retry', 'discard'].includes(verb))
    throw new UsageError('say list, show, retry or discard');
  if (rest.length > 0) throw new UsageError('one id at a time');
  if (verb === 'list' || verb === 'show') {
    if (all) throw new UsageError(`${verb} knows no --all`);
    if ((verb === 'show') !== (id !== undefined))
      throw new UsageError(verb === 'show' ? 'show needs the id of a message' : 'list needs no id');
  } else if ((id === undefined) !== all) throw new UsageError(`${verb} needs the id of a message, or --all`);
  return id ?? 'all';
}

function list({ service }: Service, letters: DeadLetter[]): Answer {
  const heading = ['id', 'subject', 'attempts', 'given up', 'error'];
  const rows = letters.map((letter) => [
    letter.message_id,
    letter.subject,
    String(letter.attempts),
    printTime(letter.dead_at),
    firstLine(letter.last_error),
  ]);
  const text = rows.length > 0 ? `\n${printTable([heading, ...rows])}` : ' none';
  return { json: { service, dead_letters: letters }, text: `${service}:${text}` };
}

const firstLine = (text: string) => text.split('\n', 1)[0] ?? '';

async function find({ service }: Service, database: Sequelize, id: string) {
  const letter = await findDeadLetter(database, id);
  if (!letter) throw new Error(`${service} has no dead letter ${id}`);
  return letter;
}

function show({ service }: Service, letter: DeadLetter & { body: string }): Answer {
  const rows = [
    ['id', letter.message_id],
    ['subject', letter.subject],
    ['attempts', String(letter.attempts)],
    ['last tried', printTime(letter.failed_at)],
    ['given up', printTime(letter.dead_at)],
    ['error', letter.last_error],
    ['message', letter.body],
  ];
  return { json: { service, ...letter }, text: printTable(rows) };
}

/** Which messages are meant: the first of many by name. */
async function plan(
  of: Service,
  database: Sequelize,
  which: string,
  fate: 'applied' | 'forgotten',
): Promise<{ letters: number; answer: Answer }> {
  if (which !== 'all') await find(of, database, which);
  const listed = await listDeadLetters(database, listSize);
  const letters = which === 'all' ? listed : listed.filter(({ message_id: id }) => id === which);
  const more = letters.length === listSize ? ' or more' : '';
  const lines = letters
    .slice(0, 20)
    .map(({ message_id: id, subject, last_error: error }) => `  ${id} ${subject}: ${firstLine(error)}`);
  return {
    letters: letters.length,
    answer: {
      json: { service: of.service, done: 0, failed: [], would_be: { [fate]: letters.length } },
      text: [`${of.service}: ${letters.length}${more} messages would be ${fate}`, ...lines].join('\n'),
    },
  };
}

/** Applies or forgets one message; returns why it could not be. */
type Work = (letter: DeadLetter & { body: string }) => Promise<string | undefined>;

function retryWith({ service, subscriptions }: Service, database: Sequelize): Work {
  openOutbox(database, service, correlation);
  const options = { subscriptions, database, correlation, isTransient: isDatabaseUnavailable };
  return (letter) => retryDeadLetter(letter, options);
}

const discardIn =
  (database: Sequelize): Work =>
  async (letter) => {
    await discardDeadLetter(database, letter.message_id);
    return undefined;
  };

async function workOn(of: Service, database: Sequelize, work: Work, which: string): Promise<Answer> {
  const failed: { message_id: string; error: string }[] = [];
  let done = 0;
  for await (const letter of which === 'all'
    ? everyDeadLetter(database)
    : [await find(of, database, which)]) {
    const error = await work(letter);
    if (error === undefined) done += 1;
    else failed.push({ message_id: letter.message_id, error });
  }
  const { service } = of;
  const failures = failed.map((each) => `  ${each.message_id} failed again: ${firstLine(each.error)}`);
  return {
    json: { service, done, failed },
    text: [`${service}: ${done} done, ${failed.length} failed`, ...failures].join('\n'),
    code: failed.length > 0 ? 1 : 0,
  };
}
