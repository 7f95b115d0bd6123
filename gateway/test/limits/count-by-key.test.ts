import { expect, it } from '@jest/globals';
import { eventually } from '@agora/testing';
import { countByKey } from '../../src/limits/count-by-key.js';

it('counts each key by itself, and forgets the one that it has counted longest when there are too many', async () => {
  const count = countByKey({ limit: 10, seconds: 60 }, 3);
  for (const key of ['a', 'b', 'c', 'b']) await count(key, 1);
  expect(await count('a', 1)).toMatchObject({ used: 2 });
  await count('d', 1);
  expect(await count('a', 1)).toMatchObject({ used: 1 });
  expect(await count('d', 1)).toMatchObject({ used: 2 });
});

it('counts a key anew when its time is over, and then has counted it the shortest', async () => {
  const count = countByKey({ limit: 10, seconds: 1 }, 3);
  for (const key of ['a', 'b', 'c']) await count(key, 1);
  await eventually(async () => expect(await count('a', 1)).toMatchObject({ used: 1 }), 2_000);
  await count('d', 1);
  expect(await count('a', 1)).toMatchObject({ used: 2 });
});
