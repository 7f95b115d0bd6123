import { setTimeout as sleep } from 'node:timers/promises';
import { services } from '@agora/local-stack';
import type { Way } from '../system/nats-way.js';
import { untilAllReady, type System } from '../system/system.js';
import { newAuthor } from './data.js';
import type { Fault, Scene } from './fault.js';

type Which = 'postgres' | 'nats';

const allWays = ({ replicas }: System, which: Which): Way[] =>
  replicas.flatMap(({ ways }) => ways[which] ?? []);

/** The ways of both replicas of one service. */
function waysOfOne({ system, random }: Scene, which: Which): [name: string, ways: Way[]] {
  const service = random.pick(services);
  const replicas = system.replicas.filter(({ name }) => name === service);
  return [service, replicas.flatMap(({ ways }) => ways[which] ?? [])];
}

/** Slowness makes it likely that each cut meets something under way. */
const cut = (which: Which): Fault => ({
  kind: `cut ${which}`,
  touches: which,
  quick: which === 'postgres',
  async run({ system, random }) {
    const times = 3 + random.below(4);
    for (const way of allWays(system, which)) way.slowDown(50);
    for (let time = 0; time < times; time += 1) {
      await sleep(200 + random.below(300));
      for (const way of allWays(system, which)) way.cut();
    }
    for (const way of allWays(system, which)) way.heal();
    return `all connections, ${times} times`;
  },
});

const slowDown = (which: Which): Fault => ({
  kind: `slow ${which}`,
  touches: which,
  async run({ system }) {
    for (const way of allWays(system, which)) way.slowDown(100);
    await sleep(3_000);
    for (const way of allWays(system, which)) way.heal();
    return 'up to 100 ms a packet, 3 s';
  },
});

const holdBack = (which: Which, seconds: number): Fault => ({
  kind: `black-hole ${which}`,
  touches: which,
  quick: which === 'nats',
  async run(scene) {
    const [name, ways] = waysOfOne(scene, which);
    for (const way of ways) way.holdBack();
    await sleep(seconds * 1_000);
    for (const way of ways) way.heal();
    await untilAllReady(scene.system.replicas, scene.signal);
    return `for ${name}, ${seconds} s`;
  },
});

/** A service that dies in the middle of an answer, as the gateway sees it: clients must not take half of one for the whole. */
const cutAnswers: Fault = {
  kind: 'cut answers',
  touches: 'processes',
  quick: true,
  async run(scene) {
    const { system, random, attempt, findings } = scene;
    const reader = await newAuthor(scene);
    const times = 8;
    for (let time = 0; time < times; time += 1) {
      system.cutAnswersAfter(500 + random.below(8_000));
      const answer = await attempt('read feed', 'GET', '/feed?limit=100', { token: reader.token });
      if (answer?.status === 200 && !Array.isArray(answer.body))
        findings.broken('I11', `half a feed was passed on as ${answer.text.length} bytes`);
      await sleep(100);
      system.cutAnswersAfter(Infinity);
      await sleep(50);
    }
    return `of all services, ${times} times`;
  },
};

export const networkFaults: readonly Fault[] = [
  cutAnswers,
  cut('postgres'),
  cut('nats'),
  slowDown('postgres'),
  slowDown('nats'),
  holdBack('postgres', 3),
  holdBack('nats', 3),
];
