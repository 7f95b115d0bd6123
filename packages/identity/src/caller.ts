/** The roles, in order of their rights. */
export const roles = ['user', 'moderator', 'admin'] as const;
export type Role = (typeof roles)[number];

/** Whom a verified access token speaks for. */
export interface Caller {
  userId: number;
  /** The account's key, which is never given twice; tokens of older releases lack it. */
  accountKey?: string;
  /** The session that the token belongs to. */
  sessionId: string;
  /** Grows with each session of the user, from 1; 0 for tokens of older releases. */
  sessionNumber: number;
  role: Role;
  emailVerified: boolean;
  tokenId: string;
  /** When the token ends, in seconds since 1970. */
  expiresAt: number;
}
