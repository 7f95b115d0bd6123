/**
 * Leases for work that only one replica may do at a time: rows in the service's own schema that expire unless their holder renews them. A holder that
 * freezes or is cut off loses its lease; the token, which grows whenever a lease is taken, fences off what it writes later.
 */
import { delay } from '@agora/process';
import { hostname } from 'node:os';
import { defineStatement } from './statements.js';

/** What runs the statements of a lease; a pool of pg is one. It must not wait behind the statements of requests. */
export interface LeaseDatabase {
  query(text: string, values: unknown[]): Promise<{ rows: { token?: string }[]; rowCount: number | null }>;
}

export interface LeaseOptions {
  database: LeaseDatabase;
  /** What the lease is for, such as `relay`; belongs to the schema of the service. */
  name: string;
  /** How long a lease lasts that is not renewed, and so how long the work pauses after its holder froze. */
  seconds: number;
  /** Ends waiting and work. */
  signal: AbortSignal;
  /** Called whenever the lease is known to be another's. */
  standingBy?(): void;
  /** Gives the right to try; while it gives none, the lease is left to others. */
  claim?(): Claim | undefined;
}

/** A right to take a lease, which ends with it. */
export interface Claim {
  /** Whether the lease should be given back now, so that another replica may take it; asked again and again. */
  isSurplus(): boolean;
  end(): void;
}

export interface Lease {
  readonly name: string;
  /** A whole number that grows with every taking; `fence` puts it into a statement. */
  readonly token: string;
  /** Aborts when the lease is lost, and when `LeaseOptions.signal` does. */
  readonly signal: AbortSignal;
  /** Whether the replica has more leases of this kind than it should. */
  isSurplus(): boolean;
  /** Whether the lease is certainly still ours. Check it after every pause: a frozen process wakes in the middle of its work. */
  isHeld(): boolean;
}

/** Waits until the lease is free, takes it, and runs `work`, which should end once the signal of its lease aborts. Gives the lease back after it. */
export async function whileHeld(options: LeaseOptions, work: (lease: Lease) => Promise<void>): Promise<void> {
  const { signal, seconds, standingBy } = options;
  while (!signal.aborted) {
    const claim = options.claim ? options.claim() : unlimited;
    try {
      const askedAt = performance.now();
      const token = claim && (await take(options));
      if (claim && token !== undefined) return await hold(options, { token, askedAt, claim }, work);
    } finally {
      claim?.end();
    }
    standingBy?.();
    // Replicas that would all ask at once do not stay together for long.
    await delay(Math.min(seconds * 100, 300) * (0.5 + Math.random() / 2), signal);
  }
}

const unlimited: Claim = { isSurplus: () => false, end: () => undefined };

/**
 * The part of a statement that keeps it from doing anything once another replica has taken the lease: `WITH ${fence('$1', '$2')} UPDATE … AND EXISTS (SELECT FROM held)`.
 * Name and token are bound to the two parameters. A takeover during the statement waits for it.
 */
export const fence = (name: string, token: string): string =>
  `held AS MATERIALIZED (SELECT 1 FROM leases WHERE name = ${name} AND token = ${token}::bigint FOR SHARE)`;

/** The name of this process as a holder of leases, which an operator can use to find it. */
export const holder = `${hostname()}/${process.pid}`;

const takeLease = defineStatement(
  'lease-take',
  `INSERT INTO leases AS lease (name, holder, token, expires_at)
   SELECT $1, $2, 1, clock_timestamp() + $3 * interval '1 second'
   WHERE NOT EXISTS (SELECT FROM leases WHERE name = $1 AND expires_at > clock_timestamp())
   ON CONFLICT (name) DO UPDATE
     SET holder = EXCLUDED.holder, token = lease.token + 1, expires_at = EXCLUDED.expires_at
     WHERE lease.expires_at <= clock_timestamp()
   RETURNING token`,
);

async function take({ database, name, seconds }: LeaseOptions): Promise<string | undefined> {
  const { rows } = await database.query(takeLease.text, [name, holder, seconds]);
  return rows[0]?.token;
}

async function hold(
  options: LeaseOptions,
  { token, askedAt, claim }: { token: string; askedAt: number; claim: Claim },
  work: (lease: Lease) => Promise<void>,
): Promise<void> {
  const { name, signal, seconds } = options;
  const { isSurplus } = claim;
  const ended = new AbortController();
  const end = () => ended.abort();
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  // By the monotonic clock of this process, and from before the database was asked: never later than the row says.
  const held = { until: askedAt + seconds * 1_000 };
  const renewing = renew(options, token, held, ended);
  try {
    const isHeld = () => performance.now() < held.until;
    await work({ name, token, signal: ended.signal, isSurplus, isHeld });
  } finally {
    end();
    signal.removeEventListener('abort', end);
    await renewing;
    await giveBack(options, token);
  }
}

const renewLease = defineStatement(
  'lease-renew',
  `UPDATE leases SET expires_at = clock_timestamp() + $3 * interval '1 second' WHERE name = $1 AND token = $2`,
);

/** Renews the lease, again and again, and ends the work once it could not in time. */
async function renew(
  { database, name, seconds }: LeaseOptions,
  token: string,
  held: { until: number },
  ended: AbortController,
): Promise<void> {
  while (!ended.signal.aborted) {
    await delay(seconds * 250, ended.signal);
    if (ended.signal.aborted) return;
    const askedAt = performance.now();
    const asked = database.query(renewLease.text, [name, token, seconds]).then(
      ({ rowCount }) => void (held.until = rowCount === 1 ? askedAt + seconds * 1_000 : 0),
      () => undefined,
    );
    // A database that does not answer must not keep the holder believing.
    await Promise.race([asked, delay(Math.max(0, held.until - askedAt), ended.signal)]);
    if (performance.now() >= held.until) ended.abort();
  }
}

const endLease = defineStatement(
  'lease-end',
  'UPDATE leases SET expires_at = clock_timestamp() WHERE name = $1 AND token = $2',
);

/** So that a standby need not wait for the end. */
async function giveBack({ database, name }: LeaseOptions, token: string): Promise<void> {
  await database.query(endLease.text, [name, token]).catch(() => undefined);
}
