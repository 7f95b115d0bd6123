/** What every process needs whatever it does: settings, logs, metrics, loops, starting and stopping. */
export { createLogger, type Logger } from './logger.js';
export { delay, every, loop, stalledLoops, untilAborted, within, type Turn } from './loops.js';
export { atScrape, Counter, Gauge, Histogram, measure, measureRow, renderMetrics } from './metrics.js';
export { runProcess, type Stoppable } from './run-process.js';
export {
  processSettings,
  rate,
  readSettings,
  SettingsError,
  strongSecret,
  type ProcessSettings,
  type Rate,
} from './settings.js';
export { watchLoops } from './watch-loops.js';
