export { createAgora, type Agora, type AgoraOptions } from './agora.js';
export { AgoraError } from './agora-error.js';
export type { FeedQuery, PageQuery, Post } from './feed.js';
export type { Identified, LiveEvent, LiveOptions } from './live.js';
export type { components, operations, paths } from './openapi.js';
export type { Tokens } from './session.js';
