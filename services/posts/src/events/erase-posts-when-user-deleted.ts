import { userDeleted } from '@agora/contracts';
import { requestErasures } from '@agora/database';
import { on } from '@agora/messaging';
import { Author } from '../models/author.js';
import { answersOfUser, postsOfAuthor, reportsOfUser } from '../models/erasures.js';

/** Lets nobody post in the name of a deleted user, and has their posts, the answers that show them and their reports erased beside the consumer, however many they are. */
export const erasePostsWhenUserDeleted = on(userDeleted, async ({ user_id: userId }, transaction) => {
  await Author.bury(userId, transaction);
  await requestErasures(postsOfAuthor, [userId], transaction);
  await requestErasures(answersOfUser, [userId], transaction);
  await requestErasures(reportsOfUser, [userId], transaction);
});
