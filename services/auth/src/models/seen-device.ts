import { createHash } from 'node:crypto';
import { addressBucket } from '@agora/http/serve';
import { defineStatement, sql } from '@agora/database';
import type { Transaction } from 'sequelize';
import type { Origin } from './session.js';
import type { User } from './user.js';

const seen = defineStatement(
  'see-device',
  `
    WITH seen AS (
      INSERT INTO seen_devices (user_id, fingerprint) VALUES ($1, $2)
      ON CONFLICT ON CONSTRAINT seen_devices_pkey DO UPDATE SET seen_at = now()
        WHERE seen_devices.seen_at < now() - interval '1 day'
      RETURNING xmax = 0 AS is_new
    )
    SELECT is_new AND EXISTS (SELECT FROM seen_devices WHERE user_id = $1) AS is_strange FROM seen`,
  { prepared: true },
);

const devicesOfUser = 100;
const forgotten = defineStatement(
  'forget-devices',
  `
    DELETE FROM seen_devices WHERE user_id = $1 AND fingerprint IN (
      SELECT fingerprint FROM seen_devices WHERE user_id = $1 ORDER BY seen_at DESC OFFSET $2)`,
  { prepared: true },
);

/** Remembers a hash of where an account was used from; resolves to whether it is new, which a first login is not. */
export async function seeDevice(
  { id, accountKey }: User,
  { ip, userAgent }: Origin,
  transaction: Transaction,
): Promise<boolean> {
  const parts = JSON.stringify([accountKey, addressBucket(ip), userAgent]);
  const fingerprint = createHash('sha256').update(parts).digest();
  const [row] = await sql<{ is_strange: boolean }>(seen, [id, fingerprint], transaction);
  if (!row?.is_strange) return false;
  await sql(forgotten, [id, devicesOfUser], transaction);
  return true;
}

const expired = defineStatement(
  'delete-old-devices',
  `
    DELETE FROM seen_devices WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM seen_devices WHERE seen_at < now() - interval '180 days' ORDER BY seen_at LIMIT $1 FOR UPDATE SKIP LOCKED
    )) RETURNING 1`,
  { prepared: true },
);

/** Deletes up to that many devices that were not used for 180 days; resolves to the number deleted. */
export const deleteOldDevices = async (limit: number): Promise<number> =>
  (await sql(expired, [limit])).length;
