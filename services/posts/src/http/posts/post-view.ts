import { entityId } from '@agora/http';
import Joi from 'joi';
import type { UserView } from '../../models/author.js';
import type { PostView } from '../../models/shown-post.js';

/** The public part of the author. */
const userView = Joi.object<UserView, true>({
  id: entityId.required(),
  name: Joi.string().required(),
  created_at: Joi.string().isoDate().required(),
  email: Joi.string()
    .email()
    .description('Present only if the server is configured with `PUBLIC_EMAILS=true`.'),
})
  .example({ id: 7, name: 'ada', created_at: '2026-01-31T12:00:00.000Z' })
  .meta({ name: 'User' });

/** What a client sees of a post. */
export const postView = Joi.object<PostView, true>({
  id: entityId.required(),
  title: Joi.string().required(),
  content: Joi.string().required(),
  published: Joi.boolean()
    .required()
    .description('Whether everyone can see the post; drafts are visible to their owner only.'),
  created_at: Joi.string().isoDate().required(),
  updated_at: Joi.string().isoDate().required(),
  owner_id: entityId.required(),
  owner: userView.required(),
  votes: Joi.number().integer().min(0).required(),
  my_vote: Joi.boolean()
    .allow(null)
    .description(
      'With `include=my_vote`: whether you have voted for the post; null if that could not be determined in time.',
    ),
  removed: Joi.object({
    reason: Joi.string().required(),
    removed_at: Joi.string().isoDate().required(),
  })
    .description('Why and when a moderator removed the post. Visible to its owner and moderators only.')
    .meta({ name: 'Removal' }),
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
