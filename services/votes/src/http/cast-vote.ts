import {
  conflict,
  entityId,
  notFound,
  unauthorized,
  validate,
  type Description,
  type Handler,
} from '@agora/chassis';
import { readJson } from '@agora/chassis/read-body';
import { voteCast, voteRetracted, type EventDefinition, type VoteFact } from '@agora/contracts';
import { inTransaction, openDatabase } from '@agora/database';
import { requireUser } from '@agora/identity';
import { changeAndRecord } from '@agora/messaging';
import Joi from 'joi';
import { learnOfPost } from '../models/learn-of-post.js';
import { Vote, type VoteAttempt } from '../models/vote.js';
import { Voter } from '../models/voter.js';
import type { FindPostState } from '../post-states.js';

const schema = Joi.object<{ post_id: number; dir: number }>({
  post_id: entityId.required(),
  dir: Joi.number().integer().max(1).required().description('1 adds the vote, anything less takes it back.'),
})
  .example({ post_id: 42, dir: 1 })
  .meta({ name: 'VoteRequest' });

/** `POST /vote`: adds the caller's vote (`dir` 1) or takes it back (anything less). */
export const castVote =
  (findPostState: FindPostState): Handler =>
  async (ctx) => {
    const { userId } = requireUser(ctx);
    const { post_id: postId, dir } = validate(schema, await readJson(ctx));
    const change = dir === 1 ? addition : removal;
    let attempt = await change.attempt(postId, userId);
    if (attempt.voter === undefined || attempt.post === undefined || attempt.post === 'hidden') {
      await learnOf(postId, userId, attempt, findPostState);
      attempt = await change.attempt(postId, userId);
    }
    if (attempt.voter !== 'known') throw unauthorized('invalid_token');
    if (attempt.post !== 'visible') throw postNotFound(postId);
    if (!attempt.changed) throw change.refusal();
    ctx.status = 201;
    ctx.body = { message: change.message };
  };

const postNotFound = (id: number) => notFound('post_not_found', `There is no post ${id}.`);

/** Asks posts about a post that the caller may not see as far as is known here: it may just have been written, or published. */
async function learnOf(
  postId: number,
  userId: number,
  { voter, post }: VoteAttempt,
  find: FindPostState,
): Promise<void> {
  if (voter === undefined) await Voter.learn(userId);
  if (post === 'visible' || post === 'deleted') return;
  const state = await find(postId);
  while (state && !(await inTransaction((transaction) => learnOfPost(state, transaction))));
}

type Attempt = (postId: number, userId: number) => Promise<VoteAttempt>;

/** Changes the vote and, where that did something, says so in the same statement. */
const attemptOf =
  (change: typeof Vote.add, event: EventDefinition<VoteFact>): Attempt =>
  (postId, userId) =>
    changeAndRecord(event, { post_id: postId, user_id: userId }, openDatabase(), (row) =>
      change(postId, userId, row),
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

/** What clients are told of it. */
export const castVoteDescription: Description = {
  name: 'castVote',
  summary: 'Vote for a post, or take the vote back',
  details: 'The count of the post follows a moment later.',
  json: schema,
  answers: {
    201: {
      summary: 'The vote was added, or taken back.',
      body: Joi.object({
        message: Joi.string().valid(addition.message, removal.message).required(),
      }).meta({ name: 'VoteChange' }),
    },
  },
  refuses: [postNotFound(42), addition.refusal(), removal.refusal()],
};
