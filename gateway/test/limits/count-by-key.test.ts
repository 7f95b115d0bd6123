import { expect, it } from '@jest/globals';
import { countByKey } from '../../src/limits/count-by-key.js';

it('counts each key by itself, and forgets the one that it has counted longest when there are too many', async () => {
  const count = countByKey({ limit: 10, seconds: 60 }, 3);
  for (const key of ['a', 'b', 'c', 'b']) await count(key, 1);
  expect(await count('a', 1)).toMatchObject({ used: 2 });
  await count('d', 1);
  expect(await count('a', 1)).toMatchObject({ used: 1 });
  expect(await count('d', 1)).toMatchObject({ used: 2 });
});
