import { randomUUID } from 'node:crypto';
import {
  conflict,
  entityId,
  notFound,
  unauthorized,
  validate,
  type Description,
  type Handler,
} from '@agora/http';
import { readJson } from '@agora/http/read-body';
import { voteCast, voteRetracted, type EventDefinition, type VoteFact } from '@agora/contracts';
import { inTransaction, openDatabase } from '@agora/database';
import { emailNotConfirmed, requireUser } from '@agora/identity';
import { changeAndRecord } from '@agora/messaging';
import Joi from 'joi';
import { upsertPost } from '../models/upsert-post.js';
import { Vote, type VoteAttempt } from '../models/vote.js';
import { setVoterAside } from '../models/set-aside.js';
import { isSameAccount, Voter, type Account } from '../models/voter.js';
import type { FindPostState } from '../post-states.js';
import { isAway, type FindUser } from '../users.js';

const schema = Joi.object<{ post_id: number; dir: number }>({
  post_id: entityId.required(),
  // Any integer: what it is below 1 does not matter.
  dir: Joi.number()
    .unsafe()
    .integer()
    .max(1)
    .required()
    .description('1 adds your vote; 0 or less removes it.'),
})
  .example({ post_id: 42, dir: 1 })
  .meta({ name: 'VoteRequest' });

/** `POST /vote`: adds the caller's vote (`dir` 1) or takes it back (anything less). */
export const castVote =
  (findPostState: FindPostState, findUser: FindUser): Handler =>
  async (ctx) => {
    const caller = requireUser(ctx);
    const { post_id: postId, dir } = validate(schema, await readJson(ctx));
    const change = dir === 1 ? addition : removal;
    let attempt = await change.attempt(postId, caller);
    const { voter, post } = attempt;
    if (voter === undefined || voter === 'another') await upsertVoter(caller, voter, findUser);
    if (post === undefined || post === 'hidden') await upsertKnownPost(postId, findPostState);
    if (isWorthAnother(attempt)) attempt = await change.attempt(postId, caller);
    if (attempt.voter !== 'known') throw unauthorized('invalid_token');
    if (attempt.post !== 'visible') throw postNotFound(postId);
    if (!attempt.changed) throw change.refusal();
    ctx.status = 201;
    ctx.body = { message: change.message };
  };

const isWorthAnother = ({ voter, post }: VoteAttempt) =>
  voter === undefined || voter === 'another' || post === undefined || post === 'hidden';

const postNotFound = (id: number) => notFound('post_not_found', `Post ${id} does not exist.`);

/** Asks posts about a post that the caller may not see as far as is known here: it may just have been written, or published. */
async function upsertKnownPost(postId: number, find: FindPostState): Promise<void> {
  const state = await find(postId);
  while (state && !(await inTransaction((transaction) => upsertPost(state, transaction))));
}

/**
 * Asks auth about a user who votes for the first time, or whose id belongs to another account here: one of the two is lost, and the
 * votes of a lost account are set aside before its successor votes.
 */
async function upsertVoter(account: Account, voter: VoteAttempt['voter'], findUser: FindUser): Promise<void> {
  // Tokens of older releases carry no account key.
  if (account.accountKey === undefined) return Voter.upsertKnown(account);
  const user = await findUser(account.userId).catch((error: unknown) => {
    // Votes are taken while auth is away; only whose id it is cannot be decided without it.
    if (voter === undefined && isAway(error)) return { account_key: account.accountKey };
    throw error;
  });
  if (!user || !isSameAccount(account.accountKey, user.account_key)) throw unauthorized('invalid_token');
  if (voter === undefined) return Voter.upsertKnown(account);
  const { userId, accountKey } = account;
  const reason = 'its account is lost, and its id was given to another';
  await setVoterAside(userId, { run: randomUUID(), subject: `user ${userId}`, reason });
  await inTransaction((transaction) => Voter.revive(userId, transaction, accountKey));
}

type Attempt = (postId: number, account: Account) => Promise<VoteAttempt>;

/** Changes the vote and, if that had an effect, records the event in the same statement. */
const attemptOf =
  (change: typeof Vote.add, event: EventDefinition<VoteFact>): Attempt =>
  (postId, account) =>
    changeAndRecord(event, { post_id: postId, user_id: account.userId }, openDatabase(), (row) =>
      change(postId, account, row),
    );

const addition = {
  attempt: attemptOf(Vote.add, voteCast),
  message: 'Vote added successfully',
  refusal: () => conflict('vote_exists', 'Vote already exists'),
};

const removal = {
  attempt: attemptOf(Vote.takeBack, voteRetracted),
  message: 'Vote deleted successfully',
  refusal: () => notFound('vote_not_found', 'Vote does not exist'),
};

/** For the OpenAPI document. */
export const castVoteDescription: Description = {
  name: 'castVote',
  summary: 'Vote for a post',
  details:
    'Adds or removes your vote. The vote count of the post follows shortly after; send the `Consistency-Token` of this response to read it at once.',
  json: schema,
  answers: {
    201: {
      summary: 'The vote was added or removed.',
      body: Joi.object({
        message: Joi.string().valid(addition.message, removal.message).required(),
      }).meta({ name: 'VoteResult' }),
    },
  },
  refuses: [emailNotConfirmed(), postNotFound(42), addition.refusal(), removal.refusal()],
};
