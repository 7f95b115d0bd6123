import { spawnSync } from 'node:child_process';
import { expect, it } from '@jest/globals';

const rushAndRest = `
  import { collectWhenIdle } from ${JSON.stringify(new URL('../dist/collect-when-idle.js', import.meta.url).href)};
  let rush = Array.from({ length: 400_000 }, (_, n) => ({ n, text: 'request ' + n }));
  const size = () => process.memoryUsage().heapTotal;
  const most = size();
  rush = undefined;
  collectWhenIdle(1_000);
  const look = () => (size() < most / 2 ? process.exit(0) : setTimeout(look, 50));
  look();
`;

it('gives back the memory of a burst while the process is idle', () => {
  const { status } = spawnSync(process.execPath, ['--input-type=module', '--eval', rushAndRest], {
    timeout: 60_000,
  });
  expect(status).toBe(0);
}, 70_000);
