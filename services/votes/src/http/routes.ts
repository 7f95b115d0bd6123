import { post, type Route } from '@agora/chassis';
import type { FindPostState } from '../post-states.js';
import { castVote, castVoteDescription } from './cast-vote.js';

/** What clients ask of votes, through the gateway. */
export const routes = (findPostState: FindPostState): Route[] => [
  post('/vote', 'user', castVote(findPostState), castVoteDescription),
];
