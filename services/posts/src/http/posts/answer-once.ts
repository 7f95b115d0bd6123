import { conflict, invalid, Problem, type Handler } from '@agora/http';
import { give, type Answer } from '@agora/http/serve';
import { currentRequest } from '@agora/process/requests';
import { digestBody } from '@agora/http/read-body';
import { inTransaction } from '@agora/database';
import { requireUser } from '@agora/identity';
import { consistencyTokenOf } from '@agora/messaging';
import Joi from 'joi';
import type { Context } from 'koa';
import type { Transaction } from 'sequelize';
import {
  claimKey,
  findFirstAnswer,
  keepAnswer,
  type Claim,
  type KeptAnswer,
} from '../../models/idempotency-key.js';

/** What a handler writes, and what it answers then; without a transaction it is one statement, which is one by itself. */
type Work = (transaction?: Transaction) => Promise<Answer>;

/** Does the work in one transaction, unless it was done under the same key before. */
export type Commit = (work: Work) => Promise<Answer>;

/**
 * Has an endpoint answer a retry under the same `Idempotency-Key` as it answered first. The answer is kept in the transaction
 * that makes the change, so that a crash leaves either both or neither. Throws 422 for a bad key and for one that
 * came with another body, 409 while the first is running.
 */
export const answerOnce =
  (handler: (ctx: Context, commit: Commit) => Promise<Answer>): Handler =>
  async (ctx) => {
    const key = readKey(ctx);
    give(
      ctx,
      key === undefined ? await handler(ctx, (work) => work()) : await answerUnder(key, ctx, handler),
    );
  };

/** The description of the header. */
export const idempotencyKey = Joi.string()
  // Spaces around it are no part of a header's value.
  .pattern(/^[!-~]([ -~]{0,253}[!-~])?$/)
  .example('8f14e45f-ceea-467f-9b1d-3c6f0e2a7d55')
  .description(
    'A unique value that you choose, such as a UUID. For 24 hours, retries with the same key return the first response.',
  );

const printableAscii = /^[\x20-\x7e]{1,255}$/;

function readKey(ctx: Context): string | undefined {
  const key = ctx.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && printableAscii.test(key)) return key;
  const message = 'Idempotency-Key must be 1 to 255 printable ASCII characters';
  throw invalid([{ field: 'Idempotency-Key', message }]);
}

async function answerUnder(
  key: string,
  ctx: Context,
  handler: (ctx: Context, commit: Commit) => Promise<Answer>,
): Promise<Answer> {
  const { userId } = requireUser(ctx);
  const digest = digestBody(ctx);
  const commit = (bodyDigest: Buffer, work: Work) =>
    inTransaction((transaction) => doOnce({ userId, key, bodyDigest }, work, transaction));
  try {
    return await handler(ctx, (work) => commit(digest() ?? unread(), work));
  } catch (error) {
    const bodyDigest = digest();
    // A body that was not read completely cannot be compared with another.
    if (!bodyDigest || !(error instanceof Problem) || !isKept(error)) throw error;
    return commit(bodyDigest, async () => error.toAnswer(currentRequest()?.requestId ?? ''));
  }
}

async function doOnce(claim: Claim, work: Work, transaction: Transaction): Promise<Answer> {
  const first = await findFirstAnswer(claim, transaction);
  if (first) return replay(first, claim);
  const state = await claimKey(claim, transaction);
  if (state === 'in use') throw keyInUse();
  if (state === 'answered') return replay(await findFirstAnswer(claim, transaction), claim);
  const answer = await work(transaction);
  const token = consistencyTokenOf(transaction);
  const headers = { ...answer.headers, ...(token && { 'Consistency-Token': token }) };
  await keepAnswer(claim, { ...answer, headers }, transaction);
  return answer;
}

function replay(first: KeptAnswer | undefined, claim: Claim): Answer {
  if (!first) throw keyInUse();
  const { bodyDigest, ...answer } = first;
  if (!bodyDigest.equals(claim.bodyDigest)) throw keyReused();
  return { ...answer, headers: { ...answer.headers, 'Idempotency-Replayed': 'true' } };
}

/** 409: the first request with the key has no answer yet. */
export const keyInUse = () =>
  conflict('idempotency_key_in_use', 'The first request with this key is still in progress.');

const reusedCode = 'idempotency_key_reused';

/** 422: the key came with another body before. */
export const keyReused = () =>
  new Problem(422, reusedCode, 'This key was already used with a different body.');

/** Refusals that say what is wrong with the request itself; the others may go another way next time. */
const isKept = ({ status, code }: Problem): boolean =>
  status < 500 && ![401, 409, 429].includes(status) && code !== reusedCode;

function unread(): never {
  throw new Error('a handler has to read the body before it commits');
}
