import { firstNames, lastNames } from './names.js';
import { seededRandom, type Random } from './random.js';
import { themes } from './themes/themes.js';
import { writePost, type PostText } from './write-post.js';

/** How much to make. */
export interface Amounts {
  users: number;
  posts: number;
  votes: number;
}

export interface PlannedPost extends PostText {
  /** The index of the author. */
  author: number;
  published: boolean;
}

/** Everything that will be made; people and posts are meant by their index. */
export interface Plan {
  /** Such as `mara.lindqvist`, each once. */
  people: string[];
  posts: PlannedPost[];
  votes: { voter: number; post: number }[];
  /** What moderators are to look at. */
  reports: { reporter: number; post: number; reason: string }[];
}

const draftShare = 0.12;
const reasons = [
  'This advertises a shop.',
  'The same text was posted last week.',
  'Insults somebody in the second sentence.',
  'This gives away where somebody lives.',
  'Off topic.',
  'Made up from beginning to end.',
];

/** Decides all content; the same seed and amounts give the same plan. There are fewer votes if that many are not possible. */
export function makePlan(seed: number, { users, posts, votes }: Amounts): Plan {
  const random = seededRandom(seed);
  const people = namePeople(users, random);
  const writtenPosts = writePosts(posts, people.length, random);
  const planned = distributeVotes(votes, people.length, writtenPosts, random);
  return {
    people,
    posts: writtenPosts,
    votes: planned,
    reports: reportSome(writtenPosts, people.length, random),
  };
}

/** One report for each reason, each about another post, by a user who did not write it. */
function reportSome(posts: PlannedPost[], people: number, random: Random): Plan['reports'] {
  if (people < 2) return [];
  const published = [...posts.keys()].filter((index) => posts[index]?.published);
  return random
    .shuffle(published)
    .slice(0, reasons.length)
    .map((post, index) => {
      const reporter = ((posts[post]?.author ?? 0) + 1 + index) % people;
      return {
        reporter: reporter === posts[post]?.author ? (reporter + 1) % people : reporter,
        post,
        reason: reasons[index] ?? '',
      };
    });
}

/** How many votes there can be when each may vote once for every post that others published. */
export const possibleVotes = ({ users, posts }: Omit<Amounts, 'votes'>): number =>
  Math.max(users - 1, 0) * (posts - draftCount(posts));

const draftCount = (posts: number) => Math.round(posts * draftShare);

function namePeople(count: number, random: Random): string[] {
  const combinations = firstNames.flatMap((first) =>
    lastNames.map((last) => `${first}.${last}`.toLowerCase()),
  );
  return random.shuffle(combinations).slice(0, count);
}

function writePosts(count: number, authors: number, random: Random): PlannedPost[] {
  const interests = Array.from({ length: authors }, () => random.shuffle(themes).slice(0, 2));
  const drafts = new Set(random.shuffle([...Array(count).keys()]).slice(0, draftCount(count)));
  const titles = new Set<string>();
  return Array.from({ length: count }, (_, index) => {
    const author = longTailed(authors, random);
    const text = writeUnlike(titles, () => writePost(random.pick(interests[author] ?? themes), random));
    return { author, published: !drafts.has(index), ...text };
  });
}

/** Few write much: the chance falls with the square of the place. */
const longTailed = (count: number, random: Random) => Math.floor(count * random.next() ** 2);

/** Tries for a title that is not taken; past fifty times, two posts may have the same. */
function writeUnlike(titles: Set<string>, write: () => PostText): PostText {
  let text = write();
  for (let tries = 0; titles.has(text.title) && tries < 50; tries += 1) text = write();
  titles.add(text.title);
  return text;
}

/**
 * Draws pairs of voter and post without repetition, the popular posts and the busy voters more often: the smallest of
 * `-ln(u) / weight`, after Efraimidis and Spirakis (2006).
 */
function distributeVotes(count: number, voters: number, posts: PlannedPost[], random: Random): Plan['votes'] {
  const popularity = posts.map(() => 1 / (0.02 + random.next()));
  const pairs = posts.flatMap(({ author, published }, post) =>
    Array.from({ length: published ? voters : 0 }, (_, voter) => voter)
      .filter((voter) => voter !== author)
      .map((voter) => {
        const weight = (popularity[post] ?? 1) / (2 + voter / voters);
        return { voter, post, key: -Math.log(1 - random.next()) / weight };
      }),
  );
  const drawn = pairs.toSorted((one, other) => one.key - other.key).slice(0, count);
  return random.shuffle(drawn).map(({ voter, post }) => ({ voter, post }));
}
