import { StackError } from '@agora/local-stack';
import { capacity } from './growth/capacity.js';
import { commands } from './system/commands.js';
import { compression } from './requests/compression.js';
import { extremes } from './growth/extremes.js';
import { hotPost } from './requests/hot-post.js';
import { importMonolith } from './system/import.js';
import { loginStorm } from './requests/login-storm.js';
import { login } from './requests/login.js';
import type { Measure } from './measure.js';
import { memory } from './system/memory.js';
import { myVote } from './requests/my-vote.js';
import { others } from './requests/others.js';
import { proxy } from './requests/proxy.js';
import { publish } from './requests/publish.js';
import { reads } from './requests/reads.js';
import { retention } from './growth/retention.js';
import { scale } from './growth/scale.js';
import { size } from './growth/size.js';
import { start } from './system/start.js';
import { streams } from './system/streams.js';
import { through } from './requests/through.js';
import { visible } from './system/visible.js';

/** In the order in which they are taken: memory first, before any request. */
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
  retention,
  importMonolith,
  commands,
  start,
];

/** The measures of these names, or all except the extra ones; throws a StackError for an unknown name. */
export function chooseMeasures(only: readonly string[]): readonly Measure[] {
  const unknown = only.find((name) => measures.every((measure) => measure.name !== name));
  if (unknown !== undefined)
    throw new StackError(
      `There is no measure "${unknown}", but: ${measures.map(({ name }) => name).join(', ')}`,
    );
  return measures.filter(({ name, isExtra }) => (only.length === 0 ? !isExtra : only.includes(name)));
}
