import { expect, it } from '@jest/globals';
import { eventually } from '@agora/testing';
import { countByKey } from '../../src/limits/count-by-key.js';

it('counts each key separately, and forgets the oldest when there are too many', async () => {
  const count = countByKey({ limit: 10, seconds: 60 }, 3);
  for (const key of ['a', 'b', 'c', 'b']) await count(key, 1);
  expect(await count('a', 1)).toMatchObject({ used: 2 });
  await count('d', 1);
  expect(await count('a', 1)).toMatchObject({ used: 1 });
  expect(await count('d', 1)).toMatchObject({ used: 2 });
});

it('restarts the count of a key when its period ends, which makes it the newest', async () => {
  const count = countByKey({ limit: 10, seconds: 1 }, 3);
  for (const key of ['a', 'b', 'c']) await count(key, 1);
  await eventually(async () => expect(await count('a', 1)).toMatchObject({ used: 1 }), 2_000);
  await count('d', 1);
  expect(await count('a', 1)).toMatchObject({ used: 2 });
});
