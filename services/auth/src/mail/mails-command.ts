/** `operate.js mails list|retry <id>|retry --all|discard <id>|discard --all [--json]`: the mails that are waiting or have failed. */
import {
  actingOptions,
  openDatabase,
  UsageError,
  onceAgreed,
  printTable,
  printTime,
  runCommand,
  type Answer,
} from '@agora/operations';
import {
  countFailedMails,
  discardFailedMails,
  listMails,
  retryFailedMails,
  type ListedMail,
} from '../models/mail.js';

const usage = `Usage: npm run mails -- list|retry <id>|retry --all|discard <id>|discard --all [--json]
  list      mails that wait to be sent or could not be sent; oldest first, at most 1,000
  retry     try for another day to send mails that failed
  discard   delete mails that failed; their recipients have to ask again
  retry and discard show how many, and ask.
  --dry-run show what would happen, and change nothing
  --yes     do not ask`;

const listSize = 1_000;

export const run = () =>
  runCommand({
    name: 'auth: mails',
    usage,
    options: { ...actingOptions, all: { type: 'boolean' } },
    run: async ([verb, id, ...rest], given) => {
      const which = readWhich(verb, id, rest, given.all === true);
      openDatabase('auth', []);
      if (verb === 'list') return list(await listMails(listSize));
      const mails = await countFailedMails(which);
      if (which && mails === 0) throw new Error(`no mail ${which} has failed`);
      const [work, fate] =
        verb === 'retry' ? [retryFailedMails, 'sent again'] : [discardFailedMails, 'forgotten for good'];
      const plan = {
        json: { done: 0, mails },
        text: `auth: ${mails} mails that could not be sent would be ${fate}`,
      };
      if (mails === 0) return plan;
      return onceAgreed(given, plan, `auth: ${mails} mails are ${fate}.`, async () => {
        const done = await work(which);
        return { json: { done }, text: `auth: ${done} done` };
      });
    },
  });

/** An id, or undefined for all. */
function readWhich(verb = '', id: string | undefined, rest: string[], all: boolean): string | undefined {
  if (!['list', 'retry', 'discard'].includes(verb)) throw new UsageError('say list, retry or discard');
  if (rest.length > 0) throw new UsageError('one id at a time');
  if (verb === 'list' && (all || id !== undefined)) throw new UsageError('list needs neither id nor --all');
  if (verb !== 'list' && (id === undefined) !== all)
    throw new UsageError(`${verb} needs the id of a mail, or --all`);
  if (id !== undefined && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id))
    throw new UsageError(`"${id}" is no id of a mail`);
  return id;
}

function list(mails: ListedMail[]): Answer {
  const heading = ['id', 'kind', 'to', 'asked for', 'attempts', 'failed', 'error'];
  const rows = mails.map((mail) => [
    mail.id,
    mail.kind,
    mail.email,
    printTime(new Date(mail.created_at)),
    String(mail.attempts),
    mail.failed_at ? printTime(new Date(mail.failed_at)) : '',
    mail.last_error ?? '',
  ]);
  const text = rows.length > 0 ? `\n${printTable([heading, ...rows])}` : ' none';
  return { json: { mails }, text: `auth:${text}` };
}
