/** What must hold whatever breaks, and where to look when it does not. */
export const invariants = {
  I1: {
    says: 'every acknowledged account, post and report is there until it is deleted',
    look: 'auth.users, posts.posts, posts.reports and posts.outbox (post-created, post-deleted); logs posts-1, posts-2, postgres',
  },
  I2: {
    says: 'every vote matches its last answer',
    look: 'votes.votes and votes.outbox of that post and user; logs votes-1, votes-2',
  },
  I3: {
    says: 'counts and projections equal what they are made from',
    look: 'votes.votes, posts.posts.votes; events of that post in votes.outbox that posts.inbox lacks, or that came twice',
  },
  I4: {
    says: 'nothing of a deleted post is left, and nobody votes on it once votes knows',
    look: 'votes.known_posts.deleted_at against votes.votes.created_at; post-deleted in posts.outbox and votes.inbox',
  },
  I5: {
    says: 'nothing of a deleted user is left',
    look: 'auth.users, posts.authors, votes.voters; user-deleted in auth.outbox, posts.inbox, votes.inbox',
  },
  I6: {
    says: 'every event was applied by each of its consumers',
    look: 'outbox.published_at and envelope of that event; the inbox and dead_letters of the consumer; nats.log',
  },
  I7: {
    says: 'one request makes one post, however often it is sent',
    look: 'posts.posts with that title; retries in the gateway',
  },
  I8: {
    says: 'nothing is stuck once all is well again',
    look: 'outbox rows with published_at IS NULL (attempts, last_error); pg_stat_activity; nats consumers',
  },
  I9: {
    says: 'dead letters are exactly the poison that was sent',
    look: 'dead_letters (last_error, body) of each service',
  },
  I10: {
    says: 'a rolling restart fails no request, nor do replicas that come and go',
    look: 'logs of the gateways: "no answer from the service"; readiness and draining of the replica that stopped',
  },
  I11: {
    says: 'every request gets a true answer within 10 s, and no process ends unasked',
    look: 'the log of the replica: levels error and fatal',
  },
  I12: {
    says: 'no process keeps connections, files or memory that it no longer needs',
    look: '/proc/<pid>/fd of that replica; what it keeps in memory per request, event or connection',
  },
  I13: {
    says: 'an ended session or a deleted user is served nowhere past the bound',
    look: 'revocations of that replica (its log, revocation_lag_seconds, heartbeats); auth.outbox of that moment',
  },
  I14: {
    says: 'every process works again within 10 s of the last fault',
    look: '/readyz and the log of the replica; who holds the leases; the consumers of its streams',
  },
  I15: {
    says: 'a removed post is shown to its author and moderators alone, takes no votes, and comes back whole',
    look: 'posts.posts (removed_at, published, removals); votes.known_posts; post-updated in posts.outbox and votes.inbox',
  },
  I16: {
    says: 'a banned account gets no session until the ban is taken back',
    look: 'auth.users.banned_until, auth.moderation_acts, auth.sessions; logs auth-1, auth-2',
  },
  I17: {
    says: 'every promised mail arrives, and twice only where nobody could know that it had',
    look: 'auth.mails (attempts, due_at, last_error, failed_at); mails_total of auth; what ended at the first delivery',
  },
  I18: {
    says: 'the last name of an account is shown everywhere',
    look: 'auth.users.name and version, posts.authors; user-updated in auth.outbox and posts.inbox',
  },
  I19: {
    says: 'a restore brings back what was before, and nothing and nobody else; a failover with loss is healed by the audits',
    look: 'manifest.json of the backup; the report of the audits; sequences, and the keys of accounts and posts',
  },
  I20: {
    says: 'replicas that come and go hold up no event: leases move within 2 s, 99 % of events are applied within 500 ms',
    look: 'leases (holder, token) of each service; logs "relay active"; stopping and redeliveries of the replica that left',
  },
} as const;

export type Invariant = keyof typeof invariants;

/** One time that an invariant did not hold. */
export interface Finding {
  invariant: Invariant;
  what: string;
}

/** Findings as they come, each reported once. */
export interface Findings {
  readonly all: readonly Finding[];
  broken(invariant: Invariant, what: string): void;
}

export function collectFindings(announce: (line: string) => void): Findings {
  const all: Finding[] = [];
  const known = new Set<string>();
  return {
    all,
    broken(invariant, what) {
      // The checks run twice, before and after everything was killed.
      if (known.has(`${invariant} ${what}`)) return;
      known.add(`${invariant} ${what}`);
      all.push({ invariant, what });
      if (all.filter((each) => each.invariant === invariant).length <= 3)
        announce(`  ✗ ${invariant} ${what}\n      look at: ${invariants[invariant].look}`);
    },
  };
}
