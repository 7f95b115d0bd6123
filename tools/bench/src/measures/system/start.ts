import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { checkout, processes } from '@agora/local-stack';
import { likelyFreePorts } from '@agora/testing';
import type { Bench } from '../../bench.js';
import { median } from '../../report/statistics.js';
import { atMost, type Measure } from '../measure.js';

/** How long `npm start` takes after the first start has prepared everything. */
export const start: Measure = {
  name: 'start',
  about: 'npm start on data that an earlier start has made, from the command to ready',
  async take(bench) {
    const { rounds, smoke } = bench.options;
    const seconds: number[] = [];
    // The first one, which makes the database, counts only where figures say nothing.
    for (let round = smoke ? 1 : 0; round <= Math.min(rounds, 5); round += 1)
      seconds.push(await startAndStop(bench));
    const second = smoke ? seconds : seconds.slice(1);
    return {
      figures: [{ name: 'second npm start', value: median(second), unit: 's', target: atMost(2.5) }],
      rounds: [],
      notes: [`seconds of each start: ${seconds.map((each) => each.toFixed(1)).join(', ')}`],
    };
  },
};

/** Runs `npm start` on a data folder and ports of its own; answers the seconds until it says that it is ready. */
async function startAndStop({ folder, signal, stops }: Bench): Promise<number> {
  const startedAt = performance.now();
  const child = spawn('npm', ['start'], {
    cwd: checkout,
    env: { ...process.env, ...(await ports()), AGORA_DATA: join(folder, 'npm-start') },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, to which Ctrl-C is sent as a terminal does.
    detached: true,
  });
  const ended = once(child, 'exit');
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null && child.pid) process.kill(-child.pid, 'SIGINT');
    await ended;
  };
  stops.add(stop);
  let output = '';
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('Ctrl-C stops everything')) resolve();
    });
  signal.addEventListener('abort', () => reject(new Error('stopped')));
  child.once('exit', () => reject(new Error(`npm start ended:\n${output}`)));
  await ready;
  const seconds = (performance.now() - startedAt) / 1_000;
  await stop();
  return seconds;
}

async function ports(): Promise<Record<string, string>> {
  const settings: [string, string][] = [];
  for (const name of processes) {
    const { port, internalPort } = await likelyFreePorts();
    settings.push([`${name.toUpperCase()}_PORT`, String(port)]);
    settings.push([`${name.toUpperCase()}_INTERNAL_PORT`, String(internalPort)]);
  }
  const mailbox = await likelyFreePorts();
  settings.push(['MAILBOX_PORT', String(mailbox.port)], ['MAILBOX_SMTP_PORT', String(mailbox.internalPort)]);
  return Object.fromEntries(settings);
}
