import { StackError } from '@agora/local-stack';
import { capacity } from './capacity.js';
import { commands } from './commands.js';
import { compression } from './compression.js';
import { extremes } from './extremes.js';
import { hotPost } from './hot-post.js';
import { importMonolith } from './import.js';
import { loginStorm } from './login-storm.js';
import { login } from './login.js';
import type { Measure } from './measure.js';
import { memory } from './memory.js';
import { myVote } from './my-vote.js';
import { others } from './others.js';
import { proxy } from './proxy.js';
import { publish } from './publish.js';
import { reads } from './reads.js';
import { scale } from './scale.js';
import { size } from './size.js';
import { start } from './start.js';
import { streams } from './streams.js';
import { through } from './through.js';
import { visible } from './visible.js';

/** In the order in which they are taken: memory first, before anything was asked. */
export const measures: readonly Measure[] = [
  memory,
  reads,
  myVote,
  proxy,
  compression,
  through,
  capacity,
  hotPost,
  visible,
  publish,
  others,
  streams,
  login,
  loginStorm,
  size,
  scale,
  extremes,
  importMonolith,
  commands,
  start,
];

/** Those of the names, or all but the extra ones; throws a StackError at a name that none has. */
export function chooseMeasures(only: readonly string[]): readonly Measure[] {
  const unknown = only.find((name) => measures.every((measure) => measure.name !== name));
  if (unknown !== undefined)
    throw new StackError(
      `There is no measure "${unknown}", but: ${measures.map(({ name }) => name).join(', ')}`,
    );
  return measures.filter(({ name, isExtra }) => (only.length === 0 ? !isExtra : only.includes(name)));
}
