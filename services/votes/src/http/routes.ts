import { get, post, readingOwnWrites, type Route, type WithOwnWrites } from '@agora/chassis';
import type { FindPostState } from '../post-states.js';
import { castVote, castVoteDescription } from './cast-vote.js';
import { listOwnVotes, listOwnVotesDescription } from './list-own-votes.js';

/** What clients ask of votes, through the gateway. */
export const routes = (findPostState: FindPostState, withOwnWrites: WithOwnWrites): Route[] => [
  post('/vote', 'user', withOwnWrites(castVote(findPostState)), readingOwnWrites(castVoteDescription)),
  get('/vote', 'user', withOwnWrites(listOwnVotes), readingOwnWrites(listOwnVotesDescription)),
];
