import { setTimeout as sleep } from 'node:timers/promises';
import { Counter, loop, measureRow, type Logger, type Stoppable } from '@agora/process';
import pLimit from 'p-limit';
import type { Config } from '../config.js';
import { claimMails, deleteMail, measureMails, postponeMail, type QueuedMail } from '../models/mail.js';
import { addressMail, type AddressedMail } from './address-mail.js';
import type { MailQueue } from './queue.js';
import { readTemplates } from './templates.js';

type Settings = Pick<Config, 'SMTP_URL' | 'MAIL_FROM' | 'MAIL_LINK_BASE' | 'MAIL_TEMPLATES'>;

const pollMilliseconds = 1_000;
const batchSize = 8;
const sentAtOnce = 4;
/** Longer than a batch may take, at the timeouts below. */
const leaseSeconds = 120;
/** How long a stop waits for mails under way. */
const patienceMilliseconds = 3_000;
const longestPauseSeconds = 300;

const mails = new Counter({
  name: 'mails_total',
  help: 'Mails, by what became of them: sent, postponed or failed',
  labelNames: ['outcome'],
});

/** Sends what is in the queue, in any number of replicas; a mail that cannot be sent is tried again for a day. */
export function startSendingMails(settings: Settings, queue: MailQueue, logger: Logger): Stoppable {
  const send = openSender(settings);
  const bell = openBell();
  queue.onCommit(bell.ring);
  measureRow(measureMails, {
    mail_oldest_seconds: [
      'Seconds that the oldest mail in the queue waits',
      ({ oldest_seconds: seconds }) => seconds,
    ],
    mails_failed: [
      'Mails that were given up, until somebody retries or discards them, counted up to 1000',
      ({ failed }) => failed,
    ],
  });
  const sending = loop(
    'sending mails',
    async ({ signal, progressed }) => {
      signal.addEventListener('abort', bell.ring, { once: true });
      while (!signal.aborted) {
        const isMore = await sendBatch(settings, send, logger);
        progressed();
        if (!isMore && !signal.aborted) await bell.wait(pollMilliseconds);
      }
    },
    { logger, isVital: false, maxBackoffMilliseconds: 10_000 },
  );
  return {
    async stop() {
      // A server that hangs is not waited for: what it had then counts as not sent.
      await Promise.race([sending.stop(), sleep(patienceMilliseconds, undefined, { ref: false })]);
      send.close();
    },
  };
}

interface Sender {
  (mail: AddressedMail): Promise<void>;
  close(): void;
}

function openSender({ SMTP_URL: url, MAIL_FROM: from, MAIL_TEMPLATES: folder }: Settings): Sender {
  const render = readTemplates(folder);
  const domain = /@([\w.-]+)/.exec(from)?.[1] ?? 'agora.invalid';
  let opening: ReturnType<typeof openTransport> | undefined;
  const send = async ({ id, kind, email, values }: AddressedMail) => {
    const transport = await (opening ??= openTransport(url));
    await transport.sendMail({
      from,
      to: { name: '', address: email },
      ...render(kind, values),
      // The same at every attempt, so that a mail that was delivered twice can be recognized.
      messageId: `<${id}@${domain}>`,
      headers: { 'Auto-Submitted': 'auto-generated' },
    });
  };
  return Object.assign(send, { close: () => void opening?.then((transport) => transport.close()) });
}

/** Loads nodemailer with the first mail: a process starts sooner without it. */
async function openTransport(url: string) {
  const { createTransport } = await import('nodemailer');
  return createTransport({
    url,
    pool: true,
    maxConnections: sentAtOnce,
    connectionTimeout: 5_000,
    greetingTimeout: 5_000,
    socketTimeout: 15_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

/** Sends some; resolves to whether there may be more. Rejects when none could be sent, so that a server that is down is not asked without pause. */
async function sendBatch(settings: Settings, send: Sender, logger: Logger): Promise<boolean> {
  const claimed = await claimMails(batchSize, leaseSeconds);
  if (claimed.length === 0) {
    return false;
  }
  const limit = pLimit(sentAtOnce);
  const errors = await Promise.all(claimed.map((mail) => limit(() => sendOne(mail, settings, send, logger))));
  const [first] = errors;
  if (first && errors.every((error) => error?.isUnreachable))
    throw new Error(`the SMTP server cannot be used: ${first.text}`);
  return claimed.length === batchSize;
}

async function sendOne(
  mail: QueuedMail,
  settings: Settings,
  send: Sender,
  logger: Logger,
): Promise<SendError | undefined> {
  const { id, kind, attempts } = mail;
  try {
    const addressed = await addressMail(mail, settings.MAIL_LINK_BASE);
    if (addressed) {
      await send(addressed);
      mails.inc({ outcome: 'sent' });
    }
    await deleteMail(id);
    return undefined;
  } catch (error) {
    const failure = describeError(error);
    const seconds = Math.min(2 ** Math.min(attempts - 1, 20), longestPauseSeconds);
    const failed = await postponeMail(id, { error: failure.text, seconds, isFinal: failure.isFinal });
    mails.inc({ outcome: failed ? 'failed' : 'postponed' });
    if (failed) logger.error({ mail_id: id, kind, reason: failure.text }, 'a mail could not be sent');
    return failure;
  }
}

interface SendError {
  /** Without the server's answer, which may contain the address. */
  text: string;
  /** Whether the server will never take this mail. */
  isFinal: boolean;
  /** Whether it is the server's fault rather than the mail's. */
  isUnreachable: boolean;
}

function describeError(error: unknown): SendError {
  const {
    code = 'unknown',
    responseCode,
    command,
  } = error as { code?: string; responseCode?: number; command?: string };
  const isAboutMail = code === 'EENVELOPE' || code === 'EMESSAGE';
  return {
    text: [code, responseCode, command].filter(Boolean).join(' '),
    isFinal: isAboutMail && responseCode !== undefined && responseCode >= 500,
    isUnreachable: !isAboutMail,
  };
}

/** A pause that can be ended. */
function openBell() {
  let ringing: (() => void) | undefined;
  let isRung = false;
  return {
    ring() {
      isRung = true;
      ringing?.();
    },
    async wait(milliseconds: number): Promise<void> {
      if (!isRung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, milliseconds);
          ringing = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      isRung = false;
      ringing = undefined;
    },
  };
}
