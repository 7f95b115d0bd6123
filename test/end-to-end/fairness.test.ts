import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as later } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freshId, givenOrigin, query, reachAgora, tokenFor, type ReachedAgora } from '@agora/testing';

let agora: ReachedAgora;
const greedy = freshId();
const ordinary = Array.from({ length: 10 }, () => freshId());

const greedyClient = fileURLToPath(new URL('./ask-greedily.mjs', import.meta.url));

/** Tokens are signed here and large posts are written past the door, so this needs an Agora of its own. */
const describeInside = givenOrigin === undefined ? describe : describe.skip;

describeInside('one user who asks for 20 pages of 100 long posts at a time', () => {
  beforeAll(async () => {
    agora = await reachAgora(['posts', 'gateway']);
    await query(
      `INSERT INTO posts.authors (id, name, created_at) VALUES ($1::int, 'user_' || $1::int, now());`,
      [greedy],
    );
    await query(
      `INSERT INTO posts.posts (owner_id, title, content, published)
       SELECT $1, 'Long ' || n, repeat('all work and no play ', 950), true FROM generate_series(1, 120) n`,
      [greedy],
    );
  }, 30_000);
  afterAll(() => agora.stop());

  const read = async (userId: number, path: string, signal?: AbortSignal) => {
    const response = await fetch(agora.origin + path, {
      headers: { Authorization: `Bearer ${tokenFor(userId)}`, 'Accept-Encoding': 'identity' },
      ...(signal && { signal }),
    });
    await response.arrayBuffer();
    return { status: response.status };
  };

  /** The processor time that posts and the gateway have used, in milliseconds. */
  async function processorTime(): Promise<number> {
    const ofEach = (['posts', 'gateway'] as const).map(async (name) => {
      const metrics = await (await fetch(`${agora.process(name).internalUrl}/metrics`)).text();
      return Number(/^process_cpu_seconds_total (\S+)/m.exec(metrics)?.[1]) * 1_000;
    });
    return (await Promise.all(ofEach)).reduce((sum, each) => sum + each, 0);
  }

  /** How long ten ordinary users wait who read one post after the other, and what was used for each read in milliseconds of processor time. */
  async function ordinaryReads(rounds: number) {
    const before = await processorTime();
    const each = ordinary.map(async (userId) => {
      const waits: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const started = performance.now();
        // A machine that is busy with something else may have everybody refused for a moment: that is a part of the wait.
        while ((await read(userId, '/feed?limit=1')).status !== 200) await later(100);
        waits.push(performance.now() - started);
      }
      return waits;
    });
    const waits = (await Promise.all(each)).flat();
    return { p99: at(0.99, waits), used: ((await processorTime()) - before) / waits.length };
  }
  const at = (share: number, values: number[]) =>
    values.toSorted((one, other) => one - other)[Math.floor(values.length * share)] ?? 0;

  async function whileGreedy<Result>(work: () => Promise<Result>): Promise<Result> {
    const client = spawn(process.execPath, [greedyClient, agora.origin, tokenFor(greedy)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(client, 'exit');
    try {
      // It has had its first answers.
      await once(client.stdout, 'data');
      return await work();
    } finally {
      client.kill('SIGKILL');
      await ended;
    }
  }

  it('has the others wait at most three times as long', async () => {
    await ordinaryReads(3);
    // In turns: the machine may be busy with something else at one time and not at another.
    const alone: Awaited<ReturnType<typeof ordinaryReads>>[] = [];
    const beside: typeof alone = [];
    for (let turn = 0; turn < 5; turn += 1) {
      alone.push(await ordinaryReads(8));
      beside.push(await whileGreedy(() => ordinaryReads(8)));
    }
    const times = (of: 'p99' | 'used') =>
      at(
        0.5,
        beside.map((each) => each[of]),
      ) /
      at(
        0.5,
        alone.map((each) => each[of]),
      );
    // Where processors are what is short, others wait as long as everybody's work takes: this one no busy machine spoils.
    expect(times('used')).toBeLessThan(3);
    expect(times('p99')).toBeLessThan(3);
  }, 60_000);

  it('costs little when the requests are aborted', async () => {
    const pages = async () => {
      const metrics = await (await fetch(`${agora.process('posts').internalUrl}/metrics`)).text();
      return Number(
        /^http_request_duration_seconds_count\{[^}]*route="\/feed"[^}]*status="200"[^}]*\} (\d+)/m.exec(
          metrics,
        )?.[1] ?? 0,
      );
    };
    const before = await pages();
    await Promise.all(
      Array.from({ length: 300 }, () =>
        read(greedy, '/feed?limit=100', AbortSignal.timeout(50)).catch(() => undefined),
      ),
    );
    expect((await read(ordinary[0] ?? 0, '/feed?limit=1')).status).toBe(200);
    // Of 300 pages only those were made that were in work already.
    expect((await pages()) - before).toBeLessThan(60);
  }, 30_000);
});
