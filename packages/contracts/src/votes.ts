import { defineEvent, entityId } from './define-event.js';

/** One vote of one user for one post. */
export interface VoteFact {
  post_id: number;
  user_id: number;
}

const voteFact = { post_id: entityId, user_id: entityId };

/** A vote was added: the post has one more. */
export const voteCast = defineEvent<VoteFact>('votes.vote-cast.v1', voteFact);

/** A vote was taken back, by its voter or with the voter's account: the post has one less. */
export const voteRetracted = defineEvent<VoteFact>('votes.vote-retracted.v1', voteFact);
