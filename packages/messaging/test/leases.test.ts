import { afterAll, beforeAll, expect, it } from '@jest/globals';
import pg from 'pg';
import { fence, whileHeld, type Lease, type LeaseDatabase } from '../src/leases.js';
import { openMessaging, type OwnMessaging } from './own-messaging.js';

let own: OwnMessaging;
let pool: pg.Pool;
const stopped = new AbortController();

beforeAll(async () => {
  own = await openMessaging();
  pool = new pg.Pool(own.connection);
});
afterAll(async () => {
  stopped.abort();
  await pool.end();
  await own.stop();
});

const options = (name: string, database: LeaseDatabase = pool) => ({
  database,
  name,
  seconds: 1,
  signal: stopped.signal,
});
const aborted = ({ signal }: Lease) =>
  new Promise<void>((resolve) =>
    signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve()),
  );
const write = ({ name, token }: Lease) =>
  pool.query(`WITH ${fence('$1', '$2')} INSERT INTO inbox (event_id) SELECT gen_random_uuid() FROM held`, [
    name,
    token,
  ]);

it('goes to another holder when it is not renewed, and fences off later writes of the old one', async () => {
  const order: string[] = [];
  let isFrozen = false;
  // As in a process that is stopped: its statements do not reach the database.
  const frozen: LeaseDatabase = {
    query: (text, values) => (isFrozen ? new Promise(() => undefined) : pool.query(text, values)),
  };
  const thawed = Promise.withResolvers<void>();
  const old = whileHeld(options('frozen', frozen), async (lease) => {
    order.push(`first ${lease.token}`);
    expect((await write(lease)).rowCount).toBe(1);
    isFrozen = true;
    void whileHeld(options('frozen'), async (next) => {
      order.push(`second ${next.token}`);
      expect((await write(next)).rowCount).toBe(1);
      thawed.resolve();
      await aborted(next);
    });
    await thawed.promise;
    await aborted(lease);
    expect(lease.isHeld()).toBe(false);
    // It does not know yet and writes: nothing happens.
    expect((await write(lease)).rowCount).toBe(0);
    isFrozen = false;
  });
  await old;
  expect(order).toEqual(['first 1', 'second 2']);
});

it('stays with a holder that renews it, however long its work takes', async () => {
  const tokens: string[] = [];
  await whileHeld(options('long'), async (lease) => {
    const rival = whileHeld(
      { ...options('long'), standingBy: () => tokens.push('waits') },
      async ({ token }) => {
        tokens.push(token);
      },
    );
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(lease.isHeld()).toBe(true);
    expect(new Set(tokens)).toEqual(new Set(['waits']));
    void rival;
  });
});

it('is released at once when the work ends', async () => {
  const started = performance.now();
  for (const token of ['1', '2', '3'])
    await whileHeld(options('short'), async (lease) => expect(lease.token).toBe(token));
  expect(performance.now() - started).toBeLessThan(900);
});

it('is lost by a holder whose database does not answer', async () => {
  let isAway = false;
  const away: LeaseDatabase = {
    query: (text, values) => (isAway ? new Promise(() => undefined) : pool.query(text, values)),
  };
  await whileHeld(options('away', away), async (lease) => {
    isAway = true;
    await aborted(lease);
    expect(lease.isHeld()).toBe(false);
    isAway = false;
  });
});
