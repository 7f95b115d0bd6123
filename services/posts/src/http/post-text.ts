import { text } from '@agora/chassis';
import Joi from 'joi';
import type { PostText } from '../models/post.js';

/** What a client may set of a post; all else in a body is dropped. */
export const postText = Joi.object<PostText>({
  title: text({ min: 1, max: 300 }).required(),
  content: text({ min: 1, max: 20_000 }).required(),
  published: Joi.boolean().default(true),
})
  .example({
    title: 'How to prune roses',
    content: 'In early spring, above an outward bud.',
    published: true,
  })
  .meta({ name: 'PostText' });
