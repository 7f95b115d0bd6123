/** `operate.js accounts list|show|grant|ban|unban|end-sessions|reset-password|delete|export …`: what operators do to accounts; each act is in the moderation log, without an actor. */
import { pipeline } from 'node:stream/promises';
import { createWriteStream } from 'node:fs';
import { Problem } from '@agora/http';
import { correlation } from '@agora/process/requests';
import { connectDatabase, inTransaction } from '@agora/database';
import { roles, type Role } from '@agora/identity';
import { openOutbox } from '@agora/messaging';
import {
  actingOptions,
  UsageError,
  onceAgreed,
  printTable,
  runCommand,
  type Answer,
  type Given,
} from '@agora/operations';
import type { Transaction } from 'sequelize';
import { readAccountsConfig, readExportSources } from '../config.js';
import { canonicalEmail } from '../email.js';
import { writeExport } from '../export/write-export.js';
import { openMailQueue } from '../mail/queue.js';
import { listAccounts, type ListedAccount, type ListedAccounts } from '../models/listed-account.js';
import { models } from '../models/models.js';
import { Session } from '../models/session.js';
import { User } from '../models/user.js';
import {
  banUser,
  changeRole,
  deleteAccount,
  endSessionsOf,
  sendPasswordReset,
  unbanUser,
} from './act-on-account.js';
import { readTime } from './read-time.js';
import { sessionRevoker } from '../sessions/revoke-sessions.js';

const usage = `Usage: npm run accounts -- list [<part of a name or address>]|show <who>|grant <who> <role>|ban <who> --reason <text> [--until <time>]|
         unban <who>|end-sessions <who>|reset-password <who>|delete <who>|export <who> [--out <file>] [--json]
  <who> is the id or the e-mail address of an account.
  list            accounts, newest first, at most 1,000
  grant           gives a role: ${roles.join(', ')}; the sessions of the user end. This makes the first admin.
  ban             ends the sessions; no login until the time, or for good
  reset-password  sends the mail that lets its owner set a new one
  delete          as if its owner had done it; it can't be taken back
  export          all that Agora keeps of the user, to a file or to the standard output; posts and votes must run
  Whatever changes an account says first what it will do to whom, and asks.
  --dry-run       show what would happen, and change nothing
  --yes           does not ask`;

const listSize = 1_000;
const largestId = 2_147_483_647;

/** Other processes get events; this one verifies no tokens. */
const nobody = {
  revokeSession: () => undefined,
  revokeSessions: () => undefined,
  revokeUser: () => undefined,
};

interface Options {
  reason?: string;
  until?: string;
  out?: string;
}

type Act = (id: number, transaction: Transaction) => Promise<void>;

/** The action of a verb; throws when its arguments are invalid. */
function actOf(verb: string, rest: string[], { reason, until }: Options): Act {
  const dependencies = () => ({
    mails: openMailQueue(readAccountsConfig().MAIL_NOTICES),
    revokeSessions: sessionRevoker(nobody, {}),
  });
  const none: Act = async () => undefined;
  const acts: Record<string, () => Act> = {
    list: () => none,
    show: () => none,
    export: () => none,
    grant: () => {
      const role = readRole(rest.shift());
      return (id, transaction) => changeRole(id, role, 'operator', dependencies(), transaction);
    },
    ban: () => {
      const ban = { reason: readReason(reason ?? rest.splice(0).join(' ')), until: readUntil(until) };
      return (id, transaction) => banUser(id, ban, 'operator', dependencies(), transaction);
    },
    unban: () => (id, transaction) => unbanUser(id, 'operator', transaction),
    'end-sessions': () => (id, transaction) => endSessionsOf(id, 'operator', dependencies(), transaction),
    'reset-password': () => (id, transaction) =>
      sendPasswordReset(id, 'operator', dependencies(), transaction),
    delete: () => (id, transaction) => deleteAccount(id, 'operator', nobody, transaction),
  };
  const act = Object.hasOwn(acts, verb) ? acts[verb]?.() : undefined;
  if (!act) throw new UsageError(`say ${Object.keys(acts).join(', ')}`);
  if (rest.length > 0) throw new UsageError(`"${rest.join(' ')}" is too much`);
  return act;
}

function readRole(word = ''): Role {
  const role = roles.find((each) => each === word);
  if (!role) throw new UsageError(`say which role: ${roles.join(', ')}`);
  return role;
}

function readReason(reason: string): string {
  if (reason.length < 1 || reason.length > 500)
    throw new UsageError('a ban needs a --reason of 1 to 500 characters');
  return reason;
}

function readUntil(until: string | undefined): Date | undefined {
  if (until === undefined) return undefined;
  const time = readTime(until);
  if (!time || time.getTime() <= Date.now())
    throw new UsageError('--until must be a time to come, such as 2027-01-31T12:00:00Z');
  return time;
}

async function find(who = ''): Promise<User> {
  const email = canonicalEmail(who);
  if (!email && !/^[1-9][0-9]{0,9}$/.test(who)) throw new UsageError('say whom: an id or an e-mail address');
  const user = await User.findOne({ where: email ? { email } : { id: Math.min(Number(who), largestId) } });
  if (!user) throw new Error('there is no such account');
  return user;
}

async function firstAccounts(search: string): Promise<ListedAccount[]> {
  const accounts: ListedAccount[] = [];
  for (let next: number | undefined = largestId; next !== undefined && accounts.length < listSize;) {
    const page: ListedAccounts = await listAccounts(next, listSize - accounts.length, search);
    accounts.push(...page.accounts);
    next = page.next;
  }
  return accounts;
}

async function accountOf({ id }: User): Promise<ListedAccount | undefined> {
  const [account] = (await listAccounts(id, 1, '')).accounts;
  return account;
}

/** What becomes of an account. */
const consequences: Record<string, string> = {
  grant: 'gets another role, and its sessions end',
  ban: 'is banned, and its sessions end',
  unban: 'may log in again',
  'end-sessions': 'is logged out everywhere',
  'reset-password': 'gets a mail that lets its owner set a new password',
  delete: 'is deleted for good, with its posts and votes',
};

async function actOn(user: User, verb: string, act: Act, given: Given): Promise<Answer> {
  const sessions = await Session.count({ where: { userId: user.id } });
  const { name, email, role } = (await accountOf(user)) ?? user;
  const who = `${user.id} (${name}, ${email}, ${role}, ${sessions} sessions)`;
  const plan = { json: { would: verb, user_id: user.id, sessions }, text: `auth: ${verb} ${who}` };
  return onceAgreed(given, plan, `auth: the account ${user.id} ${consequences[verb]}.`, async () => {
    await inTransaction((transaction) => act(user.id, transaction)).catch(explain);
    return { json: { done: verb, user_id: user.id }, text: `auth: ${verb} ${user.id}: done` };
  });
}

/** The problem with which a request would be refused, as one line. */
function explain(error: unknown): never {
  throw error instanceof Problem ? new Error(error.detail) : error;
}

const headings = ['id', 'name', 'email', 'role', 'banned until', 'since'];
const rowOf = (account: ListedAccount) => [
  String(account.id),
  account.name,
  account.email,
  account.role,
  account.banned_until ?? '',
  account.created_at.replace(/\.\d+/, ''),
];

const list = (accounts: ListedAccount[]): Answer => ({
  json: { accounts },
  text: accounts.length > 0 ? printTable([headings, ...accounts.map(rowOf)]) : 'auth: none',
});

const show = (account: ListedAccount | undefined): Answer => ({
  json: { account },
  text: printTable(Object.entries(account ?? {}).map(([name, value]) => [name, String(value ?? '')])),
});

async function exportTo(file: string | undefined, user: User): Promise<Answer> {
  const document = await writeExport(user, readExportSources()).catch(explain);
  if (file === undefined) {
    await pipeline(document, process.stdout, { end: false });
    process.exit(0);
  }
  await pipeline(document, createWriteStream(file, { mode: 0o600 }));
  return { json: { file, user_id: user.id }, text: `auth: wrote ${file}` };
}

export const run = () =>
  runCommand({
    name: 'auth: accounts',
    usage,
    options: {
      ...actingOptions,
      reason: { type: 'string' },
      until: { type: 'string' },
      out: { type: 'string' },
    },
    run: async ([verb = '', who, ...rest], given) => {
      const options = given as Options;
      const act = actOf(verb, rest, options);
      const settings = readAccountsConfig();
      const database = connectDatabase(settings, 'auth-operations', models);
      openOutbox(database, 'auth', correlation);
      if (verb === 'list') return list(await firstAccounts(who ?? ''));
      const user = await find(who);
      if (verb === 'show') return show(await accountOf(user));
      if (verb === 'export') return exportTo(options.out, user);
      return actOn(user, verb, act, given);
    },
  });
