import { askService, type InternalAddress } from '@agora/http';
import { gather } from '@agora/database';

/** Which of some posts a user has voted for; undefined when votes did not say so in time. */
export type FindOwnVotes = (userId: number, postIds: readonly number[]) => Promise<Set<number> | undefined>;

/** Readers wait no longer than this for what is a part of the answer alone. */
const patienceMilliseconds = 300;

/** A batch waits no longer than this for the one before it: while votes is slow, a reader waits for one answer of it and not for two. */
const waitMilliseconds = 20;

/** As many as votes takes in one request: some 11 kB of query string at most. */
const pairsAtMost = 500;

interface Pair {
  userId: number;
  postId: number;
}

/** Asks the internal port of votes: once for all readers that came while it answered those before them. */
export function findOwnVotesAt(votes: InternalAddress): FindOwnVotes {
  let before: Promise<unknown> = Promise.resolve();
  const hasCast = gather(
    (pairs: readonly Pair[]) => {
      const answer = askForCast(votes, pairs);
      before = answer.catch(() => undefined);
      return answer;
    },
    {
      mostAtOnce: pairsAtMost,
      schedule: (askThem) =>
        void Promise.race([before, after(waitMilliseconds)]).then(() => setImmediate(askThem)),
    },
  );
  return async (userId, postIds) => {
    const asked = Promise.all(postIds.map((postId) => hasCast({ userId, postId })));
    const cast = await Promise.race([asked.catch(() => undefined), after(patienceMilliseconds)]);
    return cast && new Set(postIds.filter((_, place) => cast[place]));
  };
}

async function askForCast(votes: InternalAddress, pairs: readonly Pair[]): Promise<boolean[]> {
  const users = pairs.map(({ userId }) => userId).join();
  const posts = pairs.map(({ postId }) => postId).join();
  const path = `/internal/votes/cast?user_ids=${users}&post_ids=${posts}`;
  const answer = await askService<{ cast: boolean[] }>(votes, path, patienceMilliseconds);
  return answer?.cast ?? [];
}

const after = (milliseconds: number): Promise<undefined> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds, undefined).unref());
