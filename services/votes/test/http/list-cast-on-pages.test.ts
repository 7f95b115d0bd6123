import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freshId, httpClient, testSecret } from '@agora/testing';
import { startVotes, type Votes } from '../start-votes.js';

describe('GET /internal/votes/cast', () => {
  let votes: Votes;
  const ask = (pages: string) =>
    httpClient(votes.agora.process('votes').internalUrl)('GET', `/internal/votes/cast?pages=${pages}`, {
      token: testSecret,
    });

  beforeAll(async () => {
    votes = await startVotes();
  });
  afterAll(() => votes.stop());

  it('lists for each page which of its posts its readers have voted for', async () => {
    const [ann, bob, eve] = [freshId(), freshId(), freshId()];
    const [first, second] = [votes.newPost(), votes.newPost()];
    for (const [user, post] of [
      [ann, first],
      [ann, second],
      [bob, second],
      [eve, first],
    ] as const)
      await votes.vote(user, post, 1);
    const { status, body } = await ask(
      `${ann},${bob}:${first},${second};${eve}:${second};${eve}:${freshId()}`,
    );
    expect(status).toBe(200);
    expect((body['cast'] as number[][]).toSorted(([a = 0, b = 0], [c = 0, d = 0]) => a - c || b - d)).toEqual(
      [
        [ann, first],
        [ann, second],
        [bob, second],
      ].toSorted(([a = 0, b = 0], [c = 0, d = 0]) => a - c || b - d),
    );
  });

  it('accepts 500 pairs', async () => {
    const ids = Array.from({ length: 25 }, (_, index) => 2_147_483_647 - index).join();
    const twenty = ids.split(',').slice(5).join();
    expect((await ask(`${twenty}:${ids}`)).status).toBe(200);
    expect((await ask(`${twenty}:${ids};1:1`)).status).toBe(422);
  });

  it.each(['', '7', '7:', ':7', '7:1:2', '7:1;', '0:1', '7:2147483648', '7:1,', "7:1'"])(
    'refuses %j',
    async (pages) => {
      const { status, body } = await ask(encodeURIComponent(pages));
      expect([status, body.errors?.map(({ field }) => field)]).toEqual([422, ['pages']]);
    },
  );
});
