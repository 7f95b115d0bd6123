import { entityId } from '@agora/http';
import Joi from 'joi';
import type { UserView } from '../../models/author.js';
import type { PostView } from '../../models/shown-post.js';

/** What everybody sees of the author. */
const userView = Joi.object<UserView, true>({
  id: entityId.required(),
  name: Joi.string().required(),
  created_at: Joi.string().isoDate().required(),
  email: Joi.string().email().description('Only with the setting `PUBLIC_EMAILS`.'),
})
  .example({ id: 7, name: 'ada', created_at: '2026-01-31T12:00:00.000Z' })
  .meta({ name: 'User' });

/** What a client sees of a post. */
export const postView = Joi.object<PostView, true>({
  id: entityId.required(),
  title: Joi.string().required(),
  content: Joi.string().required(),
  published: Joi.boolean().required().description('A draft is seen by its owner alone.'),
  created_at: Joi.string().isoDate().required(),
  updated_at: Joi.string().isoDate().required(),
  owner_id: entityId.required(),
  owner: userView.required(),
  votes: Joi.number().integer().min(0).required(),
  my_vote: Joi.boolean()
    .allow(null)
    .description(
      'Whether the caller has voted for it, with `include=my_vote`; null where that is not known.',
    ),
  removed: Joi.object({
    reason: Joi.string().required(),
    removed_at: Joi.string().isoDate().required(),
  }).description('Of a post that a moderator has removed, which its owner and moderators alone see.'),
})
  .example({
    id: 42,
    title: 'How to prune roses',
    content: 'In early spring, above an outward bud.',
    published: true,
    created_at: '2026-01-31T12:00:00.000Z',
    updated_at: '2026-01-31T12:00:00.000Z',
    owner_id: 7,
    owner: { id: 7, name: 'ada', created_at: '2026-01-31T12:00:00.000Z' },
    votes: 3,
  })
  .meta({ name: 'Post' });
