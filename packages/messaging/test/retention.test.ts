import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@agora/testing';
import Joi from 'joi';
import pg from 'pg';
import { brokerSettings, type BrokerSettings } from '../src/index.js';
import { readOutboxStatus, republishSince } from '../src/operating.js';
import { startPurging } from '../src/retention.js';
import { logger, openMessaging, type OwnMessaging } from './own-messaging.js';

let own: OwnMessaging;

beforeAll(async () => {
  own = await openMessaging();
});
afterAll(() => own.stop());

const count = async (table: string) =>
  Number((await own.rows<{ count: string }>(`SELECT count(*) FROM ${table}`))[0]?.count);

describe('purging', () => {
  it('deletes expired events in batches, however many, and nothing else', async () => {
    await own.fillOutbox(12_000, "now() - interval '8 days'");
    await own.fillOutbox(3, "now() - interval '6 days'");
    await own.fillOutbox(2);
    await own.rows(
      `INSERT INTO inbox SELECT gen_random_uuid(), now() - (n % 2 + 37.5) * interval '1 day' FROM generate_series(1, 20000) n`,
    );
    const pool = new pg.Pool(own.connection);
    const purging = startPurging(pool, logger, 50);
    await eventually(async () => expect([await count('outbox'), await count('inbox')]).toEqual([5, 10_000]));
    await purging.stop();
    await pool.end();
  });
});

describe('the status of an outbox', () => {
  it('counts up to a bound, and reports the bound', async () => {
    await own.fillOutbox(20_000);
    await own.rows(
      `UPDATE outbox SET attempts = 1, last_error = 'stream is full' WHERE sequence = (SELECT min(sequence) FROM outbox WHERE published_at IS NULL)`,
    );
    await own.fillOutbox(1, "'2026-01-31T12:00:00Z'");
    expect(await readOutboxStatus(own.database)).toMatchObject({
      unpublished: 10_000,
      counted_up_to: 10_000,
      refused: 1,
      last_error: 'stream is full',
      retained_since: new Date('2026-01-31T12:00:00Z'),
      republishing: false,
    });
  });

  it('reports when events are being republished', async () => {
    await own.rows(`INSERT INTO published_streams (stream, created, last_sequence) VALUES ('VOTES', '', 0)`);
    await republishSince(own.database, new Date('2026-01-01T00:00:00Z'));
    expect(await readOutboxStatus(own.database)).toMatchObject({ republishing: true });
  });
});

describe('the age of a stream', () => {
  it('is refused if inboxes would forget events that the stream can still deliver', () => {
    const read = (days: number) =>
      Joi.attempt(
        { NATS_URL: 'nats://127.0.0.1', STREAM_MAX_AGE_DAYS: days },
        Joi.object<BrokerSettings>(brokerSettings),
      );
    expect(read(22).STREAM_MAX_AGE_DAYS).toBe(22);
    expect(() => read(23)).toThrow('STREAM_MAX_AGE_DAYS" must be at most 22: inboxes remember for 30 days');
  });
});
