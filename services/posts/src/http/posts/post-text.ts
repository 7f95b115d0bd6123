import { text } from '@agora/http';
import Joi from 'joi';
import type { PostText } from '../../models/post.js';

const title = text({ min: 1, max: 300 });
const content = text({ min: 1, max: 20_000 });
const published = Joi.boolean();

/** What a client may set of a post; all else in a body is dropped. */
export const postText = Joi.object<PostText>({
  title: title.required(),
  content: content.required(),
  published: published.default(true),
})
  .example({
    title: 'How to prune roses',
    content: 'In early spring, above an outward bud.',
    published: true,
  })
  .meta({ name: 'PostInput' });

/** Any part of it. */
export const postChanges = Joi.object<Partial<PostText>>({ title, content, published })
  .example({ published: true })
  .meta({ name: 'PostUpdate' });
