import { issueMailToken } from '../models/mail-token.js';
import type { QueuedMail } from '../models/mail.js';
import { User } from '../models/user.js';
import { purposeOf, type MailKind } from './kinds.js';

/** A mail with all that its templates show. */
export interface AddressedMail {
  id: string;
  kind: MailKind;
  email: string;
  values: Record<string, string>;
}

/**
 * Completes a mail when it is about to be sent: finds whose it is, and makes the token of its link, `<linkBase>#<purpose>=<token>`. Undefined
 * when it must not be sent: no account has the address, it is already confirmed, or a newer mail has replaced it.
 */
export async function addressMail(mail: QueuedMail, linkBase: string): Promise<AddressedMail | undefined> {
  const { id, kind, email, details } = mail;
  const user =
    mail.user_id === null ? await User.findOne({ where: { email } }) : await User.findByPk(mail.user_id);
  if (!user) return undefined;
  const values = { ...details, name: user.shownName, email };
  const purpose = purposeOf(kind);
  if (!purpose) return { id, kind, email, values };
  const token = await issueMailToken(id, { userId: user.id, purpose, email });
  return token === undefined
    ? undefined
    : { id, kind, email, values: { ...values, link: `${linkBase}#${purpose}=${token}` } };
}
