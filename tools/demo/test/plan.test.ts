import { describe, expect, it } from '@jest/globals';
import { makePlan } from '../src/plan.js';

const amounts = { users: 30, posts: 200, votes: 600 };
const counted = (items: number[]) =>
  Object.values(Object.groupBy(items, (item) => item))
    .map((group) => group?.length ?? 0)
    .toSorted((one, other) => other - one);

describe('makePlan', () => {
  it('decides all by the seed', () => {
    expect(makePlan(3, amounts)).toEqual(makePlan(3, amounts));
    expect(makePlan(4, amounts).posts).not.toEqual(makePlan(3, amounts).posts);
  });

  it.each([1, 2, 3])('writes two hundred posts that differ, from seed %i', (seed) => {
    const { posts } = makePlan(seed, amounts);
    expect(new Set(posts.map(({ title }) => title)).size).toBe(200);
    expect(new Set(posts.map(({ content }) => content)).size).toBe(200);
    expect(JSON.stringify(posts)).not.toMatch(/[{}]\w|undefined/);
  });

  it('stays within what Agora takes', () => {
    for (const { title, content } of makePlan(5, { ...amounts, posts: 2_000 }).posts) {
      expect(title.length).toBeLessThanOrEqual(300);
      expect(content.length).toBeLessThanOrEqual(20_000);
    }
  });

  it('lets few write much and few posts get many votes', () => {
    const { posts, votes } = makePlan(6, amounts);
    const [most = 0] = counted(posts.map(({ author }) => author));
    expect(most).toBeGreaterThan(3 * (200 / 30));
    const [popular = 0] = counted(votes.map(({ post }) => post));
    expect(popular).toBeGreaterThan(3 * (600 / 176));
  });

  it('hands out every possible vote when so many are asked for', () => {
    const { votes } = makePlan(1, { users: 5, posts: 10, votes: 1_000 });
    expect(votes).toHaveLength(4 * 9);
  });

  it('gives everybody a name of their own', () => {
    expect(new Set(makePlan(1, { ...amounts, users: 500 }).people).size).toBe(500);
  });
});
