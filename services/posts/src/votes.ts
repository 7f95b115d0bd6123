import { askService, type InternalAddress } from '@agora/http';

/** Which of some posts a user has voted for; undefined when votes did not say so in time. */
export type FindOwnVotes = (userId: number, postIds: readonly number[]) => Promise<Set<number> | undefined>;

/** Readers wait no longer than this for what is a part of the answer alone. */
const patienceMilliseconds = 300;

/** Asks the internal port of votes. */
export const findOwnVotesAt =
  (votes: InternalAddress): FindOwnVotes =>
  async (userId, postIds) => {
    const path = `/internal/voters/${userId}/votes?post_ids=${postIds.join()}`;
    try {
      const answer = await askService<{ voted: number[] }>(votes, path, patienceMilliseconds);
      return answer && new Set(answer.voted);
    } catch {
      return undefined;
    }
  };
