import { postDeleted } from '@agora/contracts';
import type { ErasureKind } from '@agora/database';
import { addAllToOutbox } from '@agora/messaging';
import { Author } from './author.js';
import { eraseAnswersOf } from './idempotency-key.js';
import { endOf, Post } from './post.js';
import { eraseReportsOf } from './report.js';

/** The posts of a deleted user; each deletion is published. */
export const postsOfAuthor = 'posts-of-author';
/** The kept answers that show them. */
export const answersOfUser = 'answers-of-user';
/** What they have reported. */
export const reportsOfUser = 'reports-of-user';

/** What posts erases beside its consumers. An id whose tombstone was taken back has nothing to be erased. */
export const erasureKinds: Record<string, ErasureKind> = {
  [postsOfAuthor]: {
    batchSize: 50,
    addsEvents: true,
    async erase(ownerId, limit, transaction) {
      if (!(await Author.holdTombstone(ownerId, transaction))) return 0;
      const erased = await Post.eraseOf(ownerId, limit, transaction);
      await addAllToOutbox(postDeleted, erased.map(endOf), transaction);
      return erased.length;
    },
  },
  [answersOfUser]: {
    batchSize: 500,
    addsEvents: false,
    erase: async (userId, limit, transaction) =>
      (await Author.holdTombstone(userId, transaction)) ? eraseAnswersOf(userId, limit, transaction) : 0,
  },
  [reportsOfUser]: {
    batchSize: 500,
    addsEvents: false,
    erase: async (userId, limit, transaction) =>
      (await Author.holdTombstone(userId, transaction)) ? eraseReportsOf(userId, limit, transaction) : 0,
  },
};
