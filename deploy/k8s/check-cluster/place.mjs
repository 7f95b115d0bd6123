import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createKubectl, listOf } from '../release/kubectl.mjs';
import { doorPod, forwardToDoor } from './door.mjs';
import { createLoad } from './load.mjs';
import { writeOverlay } from './overlay.mjs';
import { watchMemory } from './watch.mjs';

const releaseCommand = fileURLToPath(new URL('../release.mjs', import.meta.url));

/**
 * An Agora of one shape in a namespace of its own, with a door before it, and what checks do with it. `options` are those of the command.
 */
export function createPlace(shape, { command, context, namespace, images, folder, rate, highRate, address }) {
  const doorNamespace = `${namespace}-door`;
  const log = join(folder, `${shape}.log`);
  const kubectl = createKubectl(command, { context, namespace });
  const everywhere = createKubectl(command, { context });
  let overlays = 0;
  let opened;

  const place = { shape, namespace, doorNamespace, kubectl, everywhere, images, log, rate, highRate };
  place.watch = watchMemory(kubectl, namespace);

  return Object.assign(place, {
    /** Another version of the overlay; resolves with its folder. */
    overlay(patches = []) {
      overlays += 1;
      const own = join(folder, `${shape}-${overlays}`);
      writeOverlay(own, { shape, namespace, doorNamespace, images, patches });
      return own;
    },

    /** Runs release.mjs; resolves with { code, text, seconds }, and throws if the code is not that. */
    async release(args, { expected = 0 } = {}) {
      const begin = performance.now();
      const all = [releaseCommand, ...args, '--context', context, '--namespace', namespace];
      const { code, text } = await run(process.execPath, all, { KUBECTL: command });
      appendFileSync(log, `\n$ release.mjs ${args.join(' ')}\n${text}(code ${code})\n`);
      if (code !== expected)
        throw new Error(`release.mjs ${args.join(' ')} ended with code ${code}: ${lastLines(text)}`);
      return { code, text, seconds: (performance.now() - begin) / 1_000 };
    },

    /** Applies objects in whatever namespace they name. */
    apply: (objects) => everywhere.run(['apply', '--filename', '-'], listOf(objects)),

    pods: (selector = 'app.kubernetes.io/part-of=agora') => kubectl.list('pods', selector),

    /** Runs the text with Node.js in a pod of that process; resolves with what it prints. */
    async inside(service, script) {
      const pods = await kubectl.list('pods', processOf(service));
      const pod = pods.find(isReady);
      if (!pod) throw new Error(`no pod of ${service} is ready`);
      const where = [pod.metadata.name, '--context', context, '--namespace', namespace];
      const node = ['node', '--input-type=module', '--eval', script];
      const { code, text } = await run(command, ['exec', ...where, '--', ...node]);
      if (code !== 0) throw new Error(`in a pod of ${service}: ${lastLines(text)}`);
      return text;
    },

    /** Opens the door, or the address that was given; resolves with the origin. */
    async open(node) {
      if (opened) return opened.origin;
      if (!address) {
        await place.apply([doorPod({ namespace, doorNamespace, image: images.gateway, node })]);
        const ready = ['wait', 'pod/door', '--for', 'condition=Ready', '--timeout', '60s'];
        await run(command, [...ready, '--context', context, '--namespace', doorNamespace]);
        opened = await forwardToDoor({ command, context, doorNamespace });
      } else opened = { origin: address, close: () => undefined };
      await until('the gateway answers', 60, () => isHealthy(opened.origin));
      opened.load = await createLoad(opened.origin);
      return opened.origin;
    },

    /** Does it under a steady load; throws if a request failed. Resolves with what the table shows. */
    async underLoad(action, perSecond = rate) {
      await place.open();
      const { result, requests, failures, p99 } = await opened.load.run(perSecond, action);
      for (const failure of failures) appendFileSync(log, `failed: ${failure}\n`);
      const counted = {
        requests,
        failed: failures.length,
        note: `p99 ${p99} ms${result ? `; ${result}` : ''}`,
      };
      if (failures.length > 0)
        throw Object.assign(
          new Error(`${failures.length} requests failed, the first: ${failures[0]}`),
          counted,
        );
      return counted;
    },

    close() {
      place.watch.stop();
      opened?.load?.close();
      opened?.close();
      opened = undefined;
    },
  });
}

export const processOf = (service) =>
  `app.kubernetes.io/name=${service},app.kubernetes.io/component=${componentOf[service] ?? 'process'}`;
const componentOf = { nats: 'broker', postgres: 'database' };

export const isReady = ({ metadata, status }) =>
  !metadata.deletionTimestamp &&
  status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True');

/** Resolves with the first true answer; throws if there is none within the given seconds. */
export async function until(what, seconds, ask) {
  const deadline = Date.now() + seconds * 1_000;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`not in ${seconds} s: ${what}`);
    await sleep(1_000);
  }
}

/** Resolves with { code, text }: both outputs in the order in which they came. */
export function run(command, args, environment = {}, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      // oxlint-disable-next-line node/no-process-env
      env: { ...process.env, ...environment },
      ...options,
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (part) => (text += part));
    child.on('error', reject).on('close', (code) => resolve({ code, text }));
  });
}

export const lastLines = (text, count = 6) => text.trim().split('\n').slice(-count).join(' | ');

const isHealthy = (origin) =>
  fetch(`${origin}/health`, { signal: AbortSignal.timeout(5_000) }).then(
    ({ ok }) => ok,
    () => false,
  );
