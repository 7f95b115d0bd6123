import { describe, expect, it } from '@jest/globals';
import { openPlaces } from '../../src/passwords/places.js';

/** Work that ends when the test says so. */
function pending() {
  const { promise, resolve } = Promise.withResolvers<void>();
  let hasBegun = false;
  const work = () => {
    hasBegun = true;
    return promise;
  };
  return { work, end: resolve, hasBegun: () => hasBegun };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the places at which passwords are hashed', () => {
  it('admit a known user at once, however many strangers wait', async () => {
    const places = openPlaces({ BCRYPT_CONCURRENCY: 2, BCRYPT_QUEUE_LIMIT: 256 });
    const strangers = Array.from({ length: 100 }, pending);
    const waiting = strangers.map(({ work }) => places.take(work));
    const owner = pending();
    const entering = places.take(owner.work, 'ann at home');
    await settled();
    expect(owner.hasBegun()).toBe(true);
    for (const { end } of [...strangers, owner]) end();
    await Promise.all([...waiting, entering]);
  });

  it('are all available to strangers until a known user comes, then half of them', async () => {
    const places = openPlaces({ BCRYPT_CONCURRENCY: 4, BCRYPT_QUEUE_LIMIT: 256 });
    const early = Array.from({ length: 4 }, pending);
    const first = early.map(({ work }) => places.take(work));
    await settled();
    expect(early.every(({ hasBegun }) => hasBegun())).toBe(true);
    await places.take(async () => undefined, 'ann at home');
    for (const { end } of early) end();
    await Promise.all(first);
    const late = Array.from({ length: 4 }, pending);
    const second = late.map(({ work }) => places.take(work));
    await settled();
    expect(late.filter(({ hasBegun }) => hasBegun())).toHaveLength(2);
    for (const { end } of late) end();
    await Promise.all(second);
  });

  it("are reserved for one attempt at a time of the same user: further ones count as strangers'", async () => {
    const places = openPlaces({ BCRYPT_CONCURRENCY: 2, BCRYPT_QUEUE_LIMIT: 256 });
    const greedy = Array.from({ length: 20 }, pending);
    const waiting = greedy.map(({ work }) => places.take(work, 'bob at work'));
    const owner = pending();
    const entering = places.take(owner.work, 'ann at home');
    await settled();
    expect(owner.hasBegun()).toBe(false);
    greedy[0]?.end();
    await settled();
    expect(owner.hasBegun()).toBe(true);
    for (const { end } of [...greedy, owner]) end();
    await Promise.all([...waiting, entering]);
  });

  it('keep the attempts of one user in order', async () => {
    const places = openPlaces({ BCRYPT_CONCURRENCY: 2, BCRYPT_QUEUE_LIMIT: 256 });
    const guesses = Array.from({ length: 4 }, pending);
    const waiting = guesses.map(({ work }) => places.take(work, 'ann at home'));
    await settled();
    guesses[0]?.end();
    await waiting[0];
    const last = pending();
    const entering = places.take(last.work, 'ann at home');
    await settled();
    expect(last.hasBegun()).toBe(false);
    for (const { end } of [...guesses, last]) end();
    await Promise.all([...waiting, entering]);
  });

  it('refuse attempts when the queue is full', async () => {
    const places = openPlaces({ BCRYPT_CONCURRENCY: 1, BCRYPT_QUEUE_LIMIT: 0 });
    const only = pending();
    const entering = places.take(only.work);
    await expect(places.take(only.work)).rejects.toMatchObject({ status: 503, code: 'overloaded' });
    only.end();
    await entering;
  });
});
