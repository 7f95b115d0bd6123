import { jsonAnswer, unauthorized, validate, type Description, type Handler } from '@agora/chassis';
import { readJson } from '@agora/chassis/read-body';
import { postCreated } from '@agora/contracts';
import type { NewIds } from '@agora/database';
import { requireUser } from '@agora/identity';
import { addToOutbox } from '@agora/messaging';
import { Author } from '../models/author.js';
import { stateOf, viewOf, writePost } from '../models/shown-post.js';
import type { FindUser } from '../users.js';
import { answerOnce, idempotencyKey, keyInUse, keyReused } from './answer-once.js';
import { taggedPost, tagOf } from './entity-tag.js';
import { postText } from './post-text.js';

/** `POST /posts`: writes a post, as a draft when `published` is false. */
export const publishPost = (findUser: FindUser, postIds: NewIds): Handler =>
  answerOnce(async (ctx, commit) => {
    const { userId } = requireUser(ctx);
    const text = validate(postText, await readJson(ctx));
    await learnOfAuthor(userId, findUser);
    return postIds.draw((check) =>
      commit(async (transaction) => {
        const post = await writePost(userId, text, transaction);
        if (!post) throw unauthorized('invalid_token');
        check(post.id);
        await addToOutbox(postCreated, stateOf(post), transaction);
        return jsonAnswer(201, viewOf(post), { Location: `/posts/${post.id}`, ETag: tagOf(post) });
      }),
    );
  });

/** Asks auth for whoever posts for the first time. */
async function learnOfAuthor(userId: number, findUser: FindUser): Promise<void> {
  if (await Author.isKnown(userId)) return;
  const user = await findUser(userId);
  if (!user) throw unauthorized('invalid_token');
  await Author.learn([user]);
}

/** What clients are told of it. */
export const publishPostDescription: Description = {
  name: 'publishPost',
  summary: 'Write a post',
  details: 'As a draft when `published` is false.',
  headers: { 'Idempotency-Key': idempotencyKey },
  json: postText,
  answers: {
    201: {
      ...taggedPost,
      headers: { ...taggedPost.headers, Location: 'The path of the post.' },
      optionalHeaders: { 'Idempotency-Replayed': '`true` when the key had been answered before.' },
    },
  },
  refuses: [keyInUse(), keyReused()],
};
