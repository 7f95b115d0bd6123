import { get, post, type Route } from '@agora/http';
import { readingOwnWrites, type WithOwnWrites } from '@agora/http/reads';
import type { WithConfirmedEmail } from '@agora/identity';
import { listEvents } from '@agora/operations/serving';
import type { Sequelize } from 'sequelize';
import type { FindPostState } from '../post-states.js';
import type { FindUser } from '../users.js';
import { castVote, castVoteDescription } from './cast-vote.js';
import { listCastOnPages } from './list-cast-on-pages.js';
import { listCastVotes } from './list-cast-votes.js';
import { listOwnVotes, listOwnVotesDescription } from './list-own-votes.js';
import { listVoteCounts } from './list-vote-counts.js';
import { showVoteCount } from './show-vote-count.js';

/** What clients ask of votes, through the gateway. */
export const routes = (
  findPostState: FindPostState,
  findUser: FindUser,
  withOwnWrites: WithOwnWrites,
  withConfirmedEmail: WithConfirmedEmail,
): Route[] => [
  post(
    '/vote',
    'user',
    withConfirmedEmail(withOwnWrites(castVote(findPostState, findUser))),
    readingOwnWrites(castVoteDescription),
  ),
  get('/vote', 'user', withOwnWrites(listOwnVotes), readingOwnWrites(listOwnVotesDescription)),
];

/** What other processes of Agora ask of votes, on the internal port. */
export const internalRoutes = (database: Sequelize): Route[] => [
  get('/internal/votes', 'service', listVoteCounts),
  get('/internal/votes/cast', 'service', listCastOnPages),
  get('/internal/votes/:id', 'service', showVoteCount),
  get('/internal/voters/:id/cast', 'service', listCastVotes),
  get('/internal/events', 'service', listEvents(database)),
];
