import { askService, type InternalAddress } from '@agora/http';
import { gather } from '@agora/database';

/** Which of some posts a user has voted for; undefined when votes did not answer in time. */
export type FindOwnVotes = (userId: number, postIds: readonly number[]) => Promise<Set<number> | undefined>;

/** Readers wait no longer than this for what is a part of the answer alone. */
const patienceMilliseconds = 300;

/** A batch waits at most this long for the previous one: while votes is slow, a reader waits for one of its answers, not two. */
const waitMilliseconds = 20;

/** Where readers came together, the next batch stays open for as long: they come back together. */
const openMilliseconds = 2;

/** Pairs of a reader and a post that votes takes in one request. */
const pairsAtMost = 500;

interface Page {
  userId: number;
  postIds: readonly number[];
}

/** Asks the internal port of votes: once for all readers that came while it answered those before them. */
export function findOwnVotesAt(votes: InternalAddress): FindOwnVotes {
  let before: Promise<unknown> = Promise.resolve();
  let cameTogether = false;
  let openedAt = 0;
  const findCast = gather(
    async (pages: readonly Page[]) => {
      cameTogether = pages.length > 1;
      const left = patienceMilliseconds - (performance.now() - openedAt);
      const answers = Promise.all(inRequests(pages).map((some) => askForCast(votes, some, left)));
      before = answers.catch(() => undefined);
      return (await answers).flat();
    },
    {
      schedule(ask) {
        openedAt = performance.now();
        void Promise.race([before, after(waitMilliseconds)]).then(() =>
          cameTogether ? setTimeout(ask, openMilliseconds) : setImmediate(ask),
        );
      },
    },
  );
  // A timer for each page would keep it in memory for long after its answer.
  return (userId, postIds) => findCast({ userId, postIds }).catch(() => undefined);
}

/** Splits pages among requests of at most `pairsAtMost`; no page has more. */
function inRequests(pages: readonly Page[]): Page[][] {
  const requests: Page[][] = [];
  let pairs = pairsAtMost;
  for (const page of pages) {
    pairs += page.postIds.length;
    if (pairs > pairsAtMost) {
      requests.push([]);
      pairs = page.postIds.length;
    }
    requests.at(-1)?.push(page);
  }
  return requests;
}

async function askForCast(
  votes: InternalAddress,
  pages: readonly Page[],
  milliseconds: number,
): Promise<Set<number>[]> {
  const readers = Map.groupBy(pages, ({ postIds }) => postIds.join());
  const groups = Array.from(
    readers,
    ([posts, same]) => `${same.map(({ userId }) => userId).join()}:${posts}`,
  );
  const path = `/internal/votes/cast?pages=${groups.join(';')}`;
  const answer = await askService<{ cast: [number, number][] }>(votes, path, milliseconds);
  const castBy = Map.groupBy(answer?.cast ?? [], ([userId]) => userId);
  return pages.map(({ userId }) => new Set(castBy.get(userId)?.map(([, postId]) => postId)));
}

const after = (milliseconds: number): Promise<undefined> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds, undefined).unref());
