export {
  accountModerated,
  type AccountAct,
  type Numbered,
  sessionRevoked,
  sessionsRevoked,
  userDeleted,
  userRegistered,
  userUpdated,
} from './auth.js';
export { publishers, type EventDefinition, type Publisher } from './define-event.js';
export { envelopeSchema, type Envelope } from './envelope.js';
export {
  postCreated,
  postDeleted,
  postUpdated,
  type PostChange,
  type PostEnd,
  type PostState,
} from './posts.js';
export { voteCast, voteRetracted, type VoteFact } from './votes.js';
