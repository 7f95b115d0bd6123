import { get, post, type Route, type WithOwnWrites } from '@agora/chassis';
import type { FindPostState } from '../post-states.js';
import { castVote } from './cast-vote.js';
import { listOwnVotes } from './list-own-votes.js';

/** What clients ask of votes, through the gateway. */
export const routes = (findPostState: FindPostState, withOwnWrites: WithOwnWrites): Route[] => [
  post('/vote', 'user', withOwnWrites(castVote(findPostState))),
  get('/vote', 'user', withOwnWrites(listOwnVotes)),
];
