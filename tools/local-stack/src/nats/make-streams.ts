import { join } from 'node:path';
import { natsSettings, type StackAddresses } from '../stack/environment.js';
import { partitionsOf } from './outside-consumers.js';
import { runQuietly } from '../processes/run-quietly.js';

/** Creates every service's stream and the consumers of outside teams, as the administrator of the streams. */
export const makeStreams = (
  root: string,
  stack: Pick<StackAddresses, 'nats'>,
  signal: AbortSignal,
  outsideConsumers = '',
): Promise<void> =>
  runQuietly('The streams of NATS could not be made.', {
    root,
    args: [join(root, 'deploy/docker/make-streams.mjs')],
    env: {
      PATH: process.env.PATH,
      EVENT_PARTITIONS: String(partitionsOf(process.env)),
      ...natsSettings('streams', stack),
      OUTSIDE_CONSUMERS: outsideConsumers,
    },
    signal,
  });
