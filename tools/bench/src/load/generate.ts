/** The process that sends: each message is a Load, and is answered with its LoadResult. */
import type { Load } from './load.js';
import { sendAtFullSpeed } from './full-speed.js';
import { sendAtRate } from './at-rate.js';

// Ctrl-C is for the process that started this one, which ends it.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit());
process.on('message', (message) => {
  const load = message as Load;
  const send = load.rate === undefined ? sendAtFullSpeed : sendAtRate;
  void send(load).then((result) => process.send?.(result));
});
