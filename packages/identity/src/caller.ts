/** Whom a verified access token speaks for. */
export interface Caller {
  userId: number;
  /** The session that the token belongs to. */
  sessionId: string;
  tokenId: string;
  /** When the token ends, in seconds since 1970. */
  expiresAt: number;
}
