/** Why a mail with a token was sent; its link names it. */
export type Purpose = 'confirm-email' | 'reset-password';

/** Mails with a link: their tokens are made when they are sent, so the queue holds none. */
export const purposes = {
  'confirm-email': 'confirm-email',
  'confirm-new-email': 'confirm-email',
  'reset-password': 'reset-password',
} as const satisfies Record<string, Purpose>;

/** Notices; `MAIL_NOTICES` selects which are sent. */
export const notices = [
  'password-changed',
  'email-change-requested',
  'email-changed',
  'totp-enabled',
  'totp-disabled',
  'new-device',
  'account-banned',
] as const;

export type Notice = (typeof notices)[number];
export type MailKind = keyof typeof purposes | Notice;

/** All kinds, each of which has a template in text and one in HTML. */
export const mailKinds: readonly MailKind[] = [
  ...(Object.keys(purposes) as (keyof typeof purposes)[]),
  ...notices,
];

/** The purpose of the token in a mail of this kind; none for a notice. */
export const purposeOf = (kind: MailKind): Purpose | undefined =>
  Object.hasOwn(purposes, kind) ? purposes[kind as keyof typeof purposes] : undefined;

/** The kinds of mail whose tokens have this purpose. */
export const kindsWith = (purpose: Purpose): MailKind[] =>
  mailKinds.filter((kind) => purposeOf(kind) === purpose);

/** How long a token is valid after it was sent. */
export const lifetimeSeconds: Record<Purpose, number> = {
  'confirm-email': 24 * 3_600,
  'reset-password': 30 * 60,
};
