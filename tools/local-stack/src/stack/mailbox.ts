import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Steps } from '../processes/end-process.js';
import { writeRunRecord } from '../processes/run-record.js';
import { startProcess, type ServerProcess } from '../processes/server-process.js';
import { untilReady } from './service-process.js';
import { StackError } from '../machine/stack-error.js';
import type { Start } from './stack-options.js';
import { mailboxEntryPoint, type MailboxPorts } from './topology.js';

interface MailboxOptions {
  root: string;
  ports: MailboxPorts;
  logFile: string;
  signal: AbortSignal;
}

/** How the mailbox is asked to end. */
export const mailboxEndings: Steps = [
  ['SIGTERM', 2000],
  ['SIGKILL', 500],
];

/** Starts a mailbox, an SMTP server that shows what it gets, and waits until it takes mail. */
export async function startMailbox({ root, ports, logFile, signal }: MailboxOptions): Promise<ServerProcess> {
  const script = mailboxEntryPoint(root);
  if (!existsSync(script)) throw new StackError(`${script} does not exist; is the code built?`);
  const { PATH = '', HOME = '', NODE_COMPILE_CACHE } = process.env;
  const env = {
    PATH,
    HOME,
    ...(NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE }),
    LOG_LEVEL: 'warn',
    HOST: '127.0.0.1',
    PORT: String(ports.port),
    SMTP_PORT: String(ports.smtpPort),
    SHUTDOWN_NOTICE_SECONDS: '0',
  };
  const args = ['--disable-proto=delete', script];
  const mailbox = await startProcess({ file: process.execPath, args, env, logFile, cwd: root });
  try {
    await untilReady('mailbox', ports.port, mailbox, signal);
    return mailbox;
  } catch (error) {
    await mailbox.end(mailboxEndings);
    throw error;
  }
}

/** Starts the mailbox of `npm start` and adds it to the fleet. */
export async function startMailboxMember(start: Start, ports: MailboxPorts): Promise<void> {
  const { layout, fleet, record, signal } = start;
  const launch = async () => {
    const logFile = join(layout.logs, 'mailbox.log');
    const mailbox = await startMailbox({ root: layout.root, ports, logFile, signal });
    record.processes.mailbox = { pid: mailbox.pid, argument: mailboxEntryPoint(layout.root) };
    writeRunRecord(layout.run, record);
    return mailbox;
  };
  fleet.add({
    name: 'mailbox',
    process: await launch(),
    restart: launch,
    endings: mailboxEndings,
    kill: 'SIGKILL',
  });
}
