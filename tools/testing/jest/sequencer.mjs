import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { resolve } = createRequire(import.meta.url);
// Jest brings its own.
const Sequencer = createRequire(resolve('jest'))('@jest/test-sequencer').default;

/** The call by which a test file takes processes that it shares with others. */
const sharing = /shareAgora\(\[.*?\]\)|isShared: true|start(Posts|Votes)\(\)/;

/** The slowest files first, like Jest's own sequencer, but files that share processes one after the other. */
export default class extends Sequencer {
  sort(tests) {
    // oxlint-disable-next-line unicorn/no-array-sort -- this is the method of Jest's own sequencer
    const slowestFirst = super.sort(tests);
    const groups = Map.groupBy(
      slowestFirst,
      ({ path }) => sharing.exec(readFileSync(path, 'utf8'))?.[0] ?? path,
    );
    return [...groups.values()].flat();
  }
}
