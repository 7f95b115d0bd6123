import type { StreamInfo } from '@nats-io/jetstream';
import type pg from 'pg';

/**
 * Compares a stream with what was last published to it. One that was created later or ends earlier has lost acknowledged
 * messages (a wiped disk, a restored backup), so all retained events are marked for publishing again: consumers apply each once.
 * Returns how many.
 */
export async function republishIfLost(
  client: pg.Client,
  { config, created, state }: StreamInfo,
): Promise<number> {
  const { rows } = await client.query<{ created: string; last_sequence: string }>(
    'SELECT created, last_sequence FROM published_streams WHERE stream = $1',
    [config.name],
  );
  const known = rows[0];
  const lost =
    known !== undefined &&
    (known.created !== String(created) || state.last_seq < Number(known.last_sequence));
  if (known && !lost) return 0;
  await client.query('BEGIN');
  try {
    const marked = lost
      ? await client.query('UPDATE outbox SET published_at = NULL WHERE published_at IS NOT NULL')
      : undefined;
    await client.query(
      `INSERT INTO published_streams (stream, created, last_sequence) VALUES ($1, $2, $3)
       ON CONFLICT (stream) DO UPDATE SET created = EXCLUDED.created, last_sequence = EXCLUDED.last_sequence`,
      [config.name, String(created), state.last_seq],
    );
    await client.query('COMMIT');
    return marked?.rowCount ?? 0;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}
