import { KnownPost } from './known-post.js';
import { Vote } from './vote.js';
import { Voter } from './voter.js';

/** The models of the service, for whatever process of it opens the database. */
export const models = [KnownPost, Vote, Voter];
