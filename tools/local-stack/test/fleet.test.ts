import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createFleet, type Member } from '../src/stack/fleet.js';
import { startProcess } from '../src/processes/server-process.js';
import { emptyFolder } from './temporary.js';

async function member(name: string, script: string, folder: string): Promise<Member> {
  const launch = () =>
    startProcess({
      file: process.execPath,
      args: ['-e', script],
      env: {},
      logFile: join(folder, `${name}.log`),
      cwd: folder,
    });
  return {
    name,
    process: await launch(),
    restart: launch,
    endings: [
      ['SIGTERM', 2000],
      ['SIGKILL', 1000],
    ],
    kill: 'SIGKILL',
  };
}

const forever = 'setInterval(() => {}, 1000)';

describe('a fleet', () => {
  it('restarts a process that ended unexpectedly, and reports it', async () => {
    const lines: string[] = [];
    let restarted = () => {};
    const again = new Promise<void>((resolve) => (restarted = resolve));
    const fleet = createFleet((line) => {
      lines.push(line.trim());
      if (line.includes('started again')) restarted();
    });
    const votes = await member('votes', forever, emptyFolder());
    const { pid } = votes.process;
    fleet.add(votes);
    fleet.supervise();
    process.kill(pid, 'SIGKILL');
    await again;
    expect(lines).toEqual([
      '! votes ended (signal SIGKILL); starting it again in 0.5 s',
      '✓ votes started again',
    ]);
    expect(votes.process.pid).not.toBe(pid);
    await fleet.stop(['votes']);
    expect(votes.process.hasEnded()).toBe(true);
  });

  it('stops its processes one after another', async () => {
    const folder = emptyFolder();
    const fleet = createFleet(() => {});
    const [first, second] = [await member('first', forever, folder), await member('second', forever, folder)];
    for (const each of [first, second]) fleet.add(each);
    fleet.supervise();
    const secondAtFirstsEnd = first.process.ended.then(() => second.process.hasEnded());
    await fleet.stop(['first', 'second']);
    expect(await secondAtFirstsEnd).toBe(false);
    expect(second.process.hasEnded()).toBe(true);
  });

  it('ends all of them at once when the time is over', async () => {
    const fleet = createFleet(() => {});
    const deaf = await member('deaf', `process.on('SIGTERM', () => {}); ${forever}`, emptyFolder());
    fleet.add(deaf);
    fleet.kill();
    expect(await deaf.process.ended).toBe('signal SIGKILL');
  });
});
