import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { checkout, operateScript, operationsEnvironmentOf, services } from '@agora/local-stack';
import type { Bench } from '../../bench.js';
import { median } from '../../report/statistics.js';
import { cpuTimes } from '../../system/proc.js';
import { atMost, type Measure } from '../measure.js';

/** What an operator waits for who types a command. */
export const commands: Measure = {
  name: 'commands',
  about: 'CPU of `outbox status` of each service until it has written its first line',
  async take(bench) {
    const { rounds } = bench.options;
    const taken = services.map((service) => ({ service, all: [] as number[] }));
    // The first of each fills the compile cache.
    for (let round = 0; round <= rounds; round += 1)
      for (const { service, all } of taken) {
        const cpu = await firstLine(bench, service);
        if (round > 0) all.push(cpu);
      }
    return {
      figures: taken.map(({ service, all }) => ({
        name: `outbox status of ${service}, to its first line`,
        value: median(all),
        unit: 'ms',
        target: atMost(500),
      })),
      rounds: [],
    };
  },
};

/** In milliseconds. */
async function firstLine(
  { system, folder, signal }: Bench,
  service: (typeof services)[number],
): Promise<number> {
  const env = {
    ...operationsEnvironmentOf(service, system.addresses),
    ALGORITHM: 'ES256',
    TOKEN_ISSUER: 'agora',
    // As `npm run outbox` has it.
    NODE_COMPILE_CACHE: join(folder, 'compile-cache'),
  };
  const child = spawn(process.execPath, [operateScript(checkout, service), 'outbox', 'status'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  child.stdout.once('data', () => {
    const [microseconds = NaN] = cpuTimes([child.pid ?? 0]).values();
    resolve(microseconds / 1_000);
  });
  child.once('error', reject);
  child.once('close', (code) =>
    reject(new Error(`outbox status of ${service} ended with ${code}: ${errors}`)),
  );
  return promise;
}
