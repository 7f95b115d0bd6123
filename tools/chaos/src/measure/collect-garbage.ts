/** Loaded before a process of Agora (`node --expose-gc --import`): at SIGUSR2 collects its garbage and writes to CHAOS_HEAP_FILE how many bytes it still uses. */
import { writeFileSync } from 'node:fs';

process.on('SIGUSR2', () => {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  writeFileSync(String(process.env.CHAOS_HEAP_FILE), String(heapUsed + external));
});
