import { conflict, entityId, notFound, readJson, unauthorized, validate, type Handler } from '@agora/chassis';
import { voteCast, voteRetracted } from '@agora/contracts';
import { inTransaction } from '@agora/database';
import { requireUser } from '@agora/identity';
import { addToOutbox } from '@agora/messaging';
import Joi from 'joi';
import type { Transaction } from 'sequelize';
import { KnownPost } from '../models/known-post.js';
import { Vote } from '../models/vote.js';
import { Voter } from '../models/voter.js';
import type { FindPostState } from '../post-states.js';

const schema = Joi.object<{ post_id: number; dir: number }>({
  post_id: entityId.required(),
  dir: Joi.number().integer().max(1).required(),
});

/** `POST /vote`: adds the caller's vote (`dir` 1) or takes it back (anything less). */
export const castVote =
  (findPostState: FindPostState): Handler =>
  async (ctx) => {
    const { userId } = requireUser(ctx);
    const { post_id: postId, dir } = validate(schema, await readJson(ctx));
    await learnOfPost(postId, userId, findPostState);
    const change = dir === 1 ? addVote : takeVoteBack;
    const message = await inTransaction(async (transaction) => {
      if (!(await Voter.holdFromDeletion(userId, transaction))) throw unauthorized('invalid_token');
      if (!(await KnownPost.holdVisible(postId, userId, transaction))) {
        throw notFound('post_not_found', `There is no post ${postId}.`);
      }
      return change(postId, userId, transaction);
    });
    ctx.status = 201;
    ctx.body = { message };
  };

/** Asks posts about a post that the caller may not see as far as is known here: it may just have been written, or published. */
async function learnOfPost(postId: number, userId: number, findPostState: FindPostState): Promise<void> {
  const known = await KnownPost.findByPk(postId);
  if (known && (known.deletedAt !== null || known.isVisibleTo(userId))) return;
  const state = await findPostState(postId);
  if (state) await KnownPost.learn(state);
}

async function addVote(postId: number, userId: number, transaction: Transaction): Promise<string> {
  if (!(await Vote.add(postId, userId, transaction))) throw conflict('vote_exists', 'Vote already exists');
  await addToOutbox(voteCast, { post_id: postId, user_id: userId }, transaction);
  return 'Vote added successfully';
}

async function takeVoteBack(postId: number, userId: number, transaction: Transaction): Promise<string> {
  if (!(await Vote.takeBack(postId, userId, transaction))) throw notFound('vote_not_found', 'Vote does not exist');
  await addToOutbox(voteRetracted, { post_id: postId, user_id: userId }, transaction);
  return 'Vote deleted successfully';
}
