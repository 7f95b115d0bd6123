import { userDeleted } from '@agora/contracts';
import { requestErasures } from '@agora/database';
import { on } from '@agora/messaging';
import { votesOfUser } from '../models/erasures.js';
import { Voter } from '../models/voter.js';

/** Lets nobody vote in the name of a deleted user, and has their votes retracted beside the consumer, however many they are. */
export const eraseVotesWhenUserDeleted = on(userDeleted, async (account, transaction) => {
  const { user_id: userId, account_key: key } = account;
  if (!(await Voter.placeTombstone(userId, transaction, key))) return;
  await requestErasures(votesOfUser, [userId], transaction);
});
