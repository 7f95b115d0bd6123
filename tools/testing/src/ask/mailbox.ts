import { eventually } from '../eventually.js';
import { currentStack } from '../stack.js';

/** A mail as the mailbox shows it. */
export interface Mail {
  to: string;
  from: string;
  subject: string;
  text: string;
  received_at: string;
}

/** What the mailbox of the tests has got for an address, newest first. */
export async function mailsTo(address: string): Promise<Mail[]> {
  const { port } = currentStack().mailbox;
  const response = await fetch(`http://127.0.0.1:${port}/messages?to=${encodeURIComponent(address)}`);
  return (await response.json()) as Mail[];
}

/** The newest mail to an address whose subject matches, once it has come. */
export const mailTo = (address: string, subject: RegExp): Promise<Mail> =>
  eventually(async () => {
    const found = (await mailsTo(address)).find((mail) => subject.test(mail.subject));
    if (!found) throw new Error(`no mail to ${address} has a subject like ${subject.source}`);
    return found;
  });

/** The token in the link of a mail, `…#confirm-email=<token>`. */
export function tokenIn({ text }: Mail, purpose: 'confirm-email' | 'reset-password'): string {
  const [, token] = new RegExp(`#${purpose}=([\\w-]+)`).exec(text) ?? [];
  if (!token) throw new Error(`the mail has no link for ${purpose}:\n${text}`);
  return token;
}
