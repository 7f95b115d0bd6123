import type { Transaction } from 'sequelize';
import { dropMails, insertMail, type NewMail } from '../models/mail.js';
import { voidMailTokens } from '../models/mail-token.js';
import { notices, purposeOf, type Notice } from './kinds.js';

/** Where mails are asked for, in the transaction of what they are about. */
export interface MailQueue {
  /** Queues a mail; one with a token takes the place of older ones of its purpose, whose tokens are worthless from now on. A notice that is switched off is let drop. */
  add(mail: NewMail, transaction: Transaction): Promise<void>;
  /** Calls back after each commit that has added some. */
  onCommit(wake: () => void): void;
}

const isNotice = (kind: string): kind is Notice => (notices as readonly string[]).includes(kind);

/** A queue that takes these notices. */
export function openMailQueue(sent: readonly Notice[]): MailQueue {
  const listeners: (() => void)[] = [];
  return {
    async add(mail, transaction) {
      if (isNotice(mail.kind) && !sent.includes(mail.kind)) return;
      const purpose = purposeOf(mail.kind);
      if (purpose) {
        const { userId, email } = mail;
        const to = userId === undefined ? { email } : { userId };
        await dropMails(purpose, to, transaction);
        await voidMailTokens(purpose, to, transaction);
      }
      await insertMail(mail, transaction);
      transaction.afterCommit(() => listeners.forEach((wake) => wake()));
    },
    onCommit: (wake) => void listeners.push(wake),
  };
}
