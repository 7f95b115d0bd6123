import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { layoutOf } from '../src/stack/checkout.js';
import { endLeftover } from '../src/processes/end-process.js';
import { runsWith } from '../src/processes/process-identity.js';
import { endLeftovers, writeRunRecord } from '../src/processes/run-record.js';
import { takeStartLock } from '../src/processes/start-lock.js';
import { emptyFolder } from './temporary.js';

const children: ChildProcess[] = [];
afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')));

async function runForever(argument: string, script = 'setInterval(() => {}, 1000)') {
  const child = spawn(process.execPath, ['-e', `${script}; console.log('up')`, argument], { env: {} });
  children.push(child);
  await once(child.stdout, 'data');
  return { child, pid: child.pid ?? 0, ended: once(child, 'exit') };
}

function checkoutIn(folder: string) {
  const layout = layoutOf(folder);
  mkdirSync(layout.data);
  return layout;
}

describe('a process left by an earlier start', () => {
  it('is recognized by its unique argument, not by its pid or part of the argument', async () => {
    const { pid } = await runForever('/one/checkout/main.js');
    expect(runsWith(pid, '/one/checkout/main.js')).toBe(true);
    expect(runsWith(pid, '/one/checkout')).toBe(false);
    expect(runsWith(process.pid, '/one/checkout/main.js')).toBe(false);
  });

  it('is killed when it ignores signals', async () => {
    const { pid, ended } = await runForever(
      '/deaf/main.js',
      "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)",
    );
    const found = await endLeftover(pid, '/deaf/main.js', [
      ['SIGTERM', 100],
      ['SIGKILL', 2000],
    ]);
    expect(found).toBe(true);
    expect((await ended)[1]).toBe('SIGKILL');
  });

  it('is ended by the next start, but not another process with its pid', async () => {
    const layout = checkoutIn(emptyFolder());
    const [ours, other] = [await runForever('/ours/auth.js'), await runForever('/somebody/else.js')];
    const processes = {
      auth: { pid: ours.pid, argument: '/ours/auth.js' },
      posts: { pid: other.pid, argument: '/ours/posts.js' },
    };
    writeRunRecord(layout.run, { root: layout.root, pid: 1, processes });
    expect(await endLeftovers(layout)).toEqual(['auth']);
    await ours.ended;
    expect(runsWith(other.pid, '/somebody/else.js')).toBe(true);
    expect(existsSync(layout.run)).toBe(false);
  });

  it('stays when the record came with a copied checkout', async () => {
    const layout = checkoutIn(emptyFolder());
    const { pid } = await runForever('/original/auth.js');
    writeRunRecord(layout.run, {
      root: '/original',
      pid: 1,
      processes: { auth: { pid, argument: '/original/auth.js' } },
    });
    expect(await endLeftovers(layout)).toEqual([]);
    expect(runsWith(pid, '/original/auth.js')).toBe(true);
  });
});

describe('the lock of a checkout', () => {
  const own = process.argv[1] ?? '';

  it('is held by one process at a time', async () => {
    const layout = checkoutIn(emptyFolder());
    const { pid } = await runForever('/ours/start.js');
    writeFileSync(layout.lock, JSON.stringify({ root: layout.root, pid, argument: '/ours/start.js' }));
    expect(await takeStartLock(layout, own)).toEqual({ heldBy: pid });
  });

  it('can be taken from a process that is gone, and released', async () => {
    const layout = checkoutIn(emptyFolder());
    writeFileSync(
      layout.lock,
      JSON.stringify({ root: layout.root, pid: process.pid, argument: '/not/among/mine.js' }),
    );
    const release = await takeStartLock(layout, own);
    expect(release).toBeInstanceOf(Function);
    if (typeof release === 'function') release();
    expect(existsSync(layout.lock)).toBe(false);
  });

  it('does not apply to a copy of the checkout', async () => {
    const layout = checkoutIn(emptyFolder());
    const { pid } = await runForever('/original/start.js');
    writeFileSync(
      join(layout.data, 'start.lock'),
      JSON.stringify({ root: '/original', pid, argument: '/original/start.js' }),
    );
    expect(await takeStartLock(layout, own)).toBeInstanceOf(Function);
  });
});
