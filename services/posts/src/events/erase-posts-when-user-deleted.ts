import { userDeleted } from '@agora/contracts';
import { requestErasures } from '@agora/database';
import { on } from '@agora/messaging';
import { Author } from '../models/author.js';
import { answersOfUser, postsOfAuthor, reportsOfUser } from '../models/erasures.js';

/** Lets nobody post in the name of a deleted user, and has their posts, the answers that show them and their reports erased beside the consumer, however many they are. */
export const erasePostsWhenUserDeleted = on(userDeleted, async (account, transaction) => {
  const { user_id: userId, account_key: key } = account;
  if (!(await Author.placeTombstone(userId, transaction, key))) return;
  await requestErasures(postsOfAuthor, [userId], transaction);
  await requestErasures(answersOfUser, [userId], transaction);
  await requestErasures(reportsOfUser, [userId], transaction);
});
