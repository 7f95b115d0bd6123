import { createHash, randomBytes } from 'node:crypto';
import { defineStatement, sql } from '@agora/database';
import type { Transaction } from 'sequelize';

const count = 10;
const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789';

const inserted = defineStatement(
  'insert-recovery-codes',
  'INSERT INTO recovery_codes (user_id, hash) SELECT $1, hash FROM unnest($2::bytea[]) AS hash',
  { prepared: true },
);
const deleted = defineStatement('delete-recovery-codes', 'DELETE FROM recovery_codes WHERE user_id = $1', {
  prepared: true,
});
const used = defineStatement(
  'use-recovery-code',
  'DELETE FROM recovery_codes WHERE user_id = $1 AND hash = $2 RETURNING 1',
  { prepared: true },
);

/** Makes ten codes of 80 random bits each in place of older ones; they are kept only as their SHA-256. */
export async function makeRecoveryCodes(userId: number, transaction: Transaction): Promise<string[]> {
  const codes = Array.from({ length: count }, makeCode);
  await deleteRecoveryCodes(userId, transaction);
  await sql(inserted, [userId, codes.map(hashOf)], transaction);
  return codes;
}

/** Forgets the codes of an account. */
export async function deleteRecoveryCodes(userId: number, transaction: Transaction): Promise<void> {
  await sql(deleted, [userId], transaction);
}

/** Uses a code up; false when the account has no such code, or not any more. */
export const useRecoveryCode = async (userId: number, code: string): Promise<boolean> =>
  (await sql(used, [userId, hashOf(code)])).length > 0;

/** Such as `k7qz-…`: four groups of four, none of them easily taken for another letter. */
function makeCode(): string {
  const letters = Array.from(randomBytes(16), (byte) => alphabet[byte % alphabet.length]).join('');
  return (letters.match(/.{4}/g) ?? []).join('-');
}

const hashOf = (code: string): Buffer =>
  createHash('sha256').update(code.toLowerCase().replaceAll('-', '')).digest();
