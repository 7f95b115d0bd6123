import { randomUUID } from 'node:crypto';
import { Problem, unauthorized, validate, type Description, type Handler } from '@agora/http';
import { jsonAnswer, type Answer } from '@agora/http/serve';
import { readJson } from '@agora/http/read-body';
import { postCreated } from '@agora/contracts';
import { inTransaction, openDatabase, type CheckId, type NewIds } from '@agora/database';
import { emailNotConfirmed, requireUser } from '@agora/identity';
import { changeAndRecord } from '@agora/messaging';
import type { Transaction } from 'sequelize';
import { Author, isSameAccount, type Account } from '../../models/author.js';
import { setAuthorAside } from '../../models/set-aside.js';
import { viewOf, writePost } from '../../models/shown-post.js';
import type { PostText } from '../../models/post.js';
import type { FindUser } from '../../users.js';
import { answerOnce, idempotencyKey, keyInUse, keyReused } from './answer-once.js';
import { taggedPost, tagOf } from './entity-tag.js';
import { postText } from './post-text.js';

/** `POST /posts`: writes a post, or a draft when `published` is false. */
export const publishPost = (findUser: FindUser, postIds: NewIds): Handler =>
  answerOnce(async (ctx, commit) => {
    const caller = requireUser(ctx);
    const text = validate(postText, await readJson(ctx));
    const publish = () =>
      postIds.draw((check) => commit((transaction) => write(caller, text, check, transaction)));
    // The answer that is kept under a key must not go to another account of the same id.
    if (ctx.headers['idempotency-key'] !== undefined) await upsertAuthor(caller, findUser);
    return publish().catch(async (error: unknown) => {
      if (!isNoAuthor(error)) throw error;
      await upsertAuthor(caller, findUser);
      return publish();
    });
  });

/** Writes the post and its event in one statement; throws a 401 when posts does not know the caller as an author. */
async function write(
  caller: Account,
  text: PostText,
  check: CheckId,
  transaction: Transaction | undefined,
): Promise<Answer> {
  const unwritten = { post_id: 1, owner_id: caller.userId, published: text.published, version: 1 };
  const written = await changeAndRecord(
    postCreated,
    unwritten,
    openDatabase(),
    (event) => writePost(caller, text, event, check.refused, transaction),
    transaction,
  );
  if (written.drawn === undefined) throw unauthorized('invalid_token');
  check(written.drawn);
  const { post } = written;
  if (!post) throw new Error(`the post ${written.drawn} was not written`);
  return jsonAnswer(201, viewOf(post), { Location: `/posts/${post.id}`, ETag: tagOf(post) });
}

const isNoAuthor = (error: unknown): boolean => error instanceof Problem && error.code === 'invalid_token';

/**
 * Asks auth about an author who posts for the first time, or whose id belongs to another account here: one of the two is lost, and the posts of
 * a lost account are set aside before its successor posts.
 */
export async function upsertAuthor(account: Account, findUser: FindUser): Promise<void> {
  const standing = await Author.standingOf(account);
  if (standing === 'known') return;
  const user = await findUser(account.userId);
  if (!user || !isSameAccount(account.accountKey ?? null, user.account_key))
    throw unauthorized('invalid_token');
  if (standing === undefined) return Author.upsertKnown([user]);
  const reason = 'its account is lost, and its id was given to another';
  await setAuthorAside(user.id, { run: randomUUID(), subject: `user ${user.id}`, reason });
  await inTransaction((transaction) => Author.correct(user, transaction));
}

const byId = { id: '$response.body#/id' };

/** For the OpenAPI document. */
export const publishPostDescription: Description = {
  name: 'createPost',
  summary: 'Create a post',
  details: 'Send `published: false` to save a draft. Send an `Idempotency-Key` to make retries safe.',
  headers: { 'Idempotency-Key': idempotencyKey },
  json: postText,
  answers: {
    201: {
      ...taggedPost,
      headers: { ...taggedPost.headers, Location: 'Path of the post.' },
      links: { getPost: byId, replacePost: byId, updatePost: byId, deletePost: byId, reportPost: byId },
      optionalHeaders: {
        'Idempotency-Replayed':
          '`true` if this is the stored response to an earlier request with the same key.',
      },
    },
  },
  refuses: [emailNotConfirmed(), keyInUse(), keyReused()],
};
