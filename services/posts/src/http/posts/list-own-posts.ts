import { invalid, text, unauthorized, type Description, type Handler } from '@agora/http';
import { integerParameter, readCursor, readQuery, writeCursor } from '@agora/http/reads';
import { hasListener } from '@agora/http/serve';
import { requireUser } from '@agora/identity';
import { listOwn } from '../../models/own-posts.js';
import { isOwnedBy } from '../../models/shown-post.js';
import type { FindOwnVotes } from '../../votes.js';
import { answerPage, pageAnswer, pageQuery } from '../feed/answer-page.js';
import type { Include } from '../feed/my-vote.js';

interface OwnParameters {
  limit: number;
  skip?: number;
  search: string;
  cursor?: string;
  include?: Include;
}

const query = {
  ...pageQuery,
  skip: integerParameter({ min: 0, max: 10_000 })
    .example(20)
    .description('How many posts to skip. Prefer `cursor`: it has no limit, and every page costs the same.'),
  search: text({ max: 200 })
    .default('')
    .example('roses')
    .description('Text that the title must contain, case-insensitive.'),
};

/** `GET /posts`: the caller's own posts, drafts too, newest first, with a link to the next page while there is more. */
export const listOwnPosts =
  (cursorSecret: string, findOwnVotes: FindOwnVotes): Handler =>
  async (ctx) => {
    const caller = requireUser(ctx);
    const { userId } = caller;
    const asked = readQuery<OwnParameters>(ctx, query);
    const { limit, skip, search, cursor } = asked;
    if (cursor !== undefined && skip !== undefined) throw skipWithCursor();
    const question = ['posts', userId, search];
    const [before] = cursor === undefined ? [] : (readCursor(cursor, cursorSecret, question) as [number]);
    const page = await listOwn(userId, { limit, skip: skip ?? 0, search, before }, () => hasListener(ctx));
    if (page.posts.some((post) => !isOwnedBy(post, caller))) throw unauthorized('invalid_token');
    const cursorAt = ({ id }: { id: number }) => writeCursor([id], cursorSecret, question);
    await answerPage(ctx, { path: '/posts', query: asked, userId, page, cursorAt }, findOwnVotes);
  };

const skipWithCursor = () => invalid([{ field: 'cursor', message: 'cursor and skip must not be combined' }]);

/** For the OpenAPI document. */
export const listOwnPostsDescription: Description = {
  name: 'listMyPosts',
  summary: 'List my posts',
  details: 'Your posts, drafts included, newest first. `Link: <…>; rel="next"` leads to the next page.',
  query,
  answers: { 200: pageAnswer('/posts', 'A page of your posts.') },
};
