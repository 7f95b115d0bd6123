// What openapi-typescript makes with its defaults: this compiles only while defaults are optional and lists are lists.
import type { paths } from './openapi.js';

type Operation<Path extends keyof paths, Method extends keyof paths[Path]> = paths[Path][Method];
type Body<O> = O extends { requestBody: { content: { 'application/json': infer B } } } ? B : never;
type Query<O> = O extends { parameters: { query: infer Q } } ? Q : never;

export const post: Body<Operation<'/posts', 'post'>> = { title: 'Roses', content: 'Prune them early.' };
export const votes: Query<Operation<'/vote', 'get'>> = { post_ids: [1, 2, 3] };
