import { setTimeout as sleep } from 'node:timers/promises';
import { patchOf } from '../overlay.mjs';
import { until } from '../place.mjs';

/** Of a core. Test clusters are small: 600m of a gateway's core is more than they have. */
const target = '40m';

export const scale = {
  name: 'scale',
  says: `the autoscaler of the gateway, at ${target} instead of 600m and without its pauses, adds a pod under load and takes it away`,
  seconds: 900,
  async run(place) {
    const { kubectl, highRate } = place;
    const overlay = place.overlay([
      patchOf('HorizontalPodAutoscaler', 'gateway', [
        { op: 'replace', path: '/spec/metrics/0/resource/target/averageValue', value: target },
        {
          op: 'replace',
          path: '/spec/behavior/scaleDown',
          value: {
            stabilizationWindowSeconds: 15,
            policies: [{ type: 'Pods', value: 2, periodSeconds: 15 }],
          },
        },
      ]),
    ]);
    const autoscaler = () => kubectl.find('hpa', 'gateway');
    const pods = async () => (await kubectl.find('deployment', 'gateway')).status.availableReplicas ?? 0;
    await place.release(['release', 'gateway', '--overlay', overlay]);
    const least = (await autoscaler()).spec.minReplicas;
    const begin = performance.now();
    const seconds = () => Math.round((performance.now() - begin) / 1_000);

    const counted = await place.underLoad(async () => {
      await until('the autoscaler has added a pod, which is ready', 400, async () => (await pods()) > least);
      return `${await pods()} pods after ${seconds()} s of ${highRate} requests each second`;
    }, highRate);
    // A few requests go on: pods are taken away from under them.
    const after = await place.underLoad(async () => {
      await until('it has taken away what was too much', 400, async () => (await pods()) === least);
      return `${least} after ${seconds()} s`;
    });
    await place.release(['release', 'gateway', '--overlay', place.overlay()]);
    return {
      requests: counted.requests + after.requests,
      failed: 0,
      note: `${counted.note}; ${after.note}`,
    };
  },
};

export const memory = {
  name: 'memory',
  says: 'nothing was killed for lack of memory, all the time and under load',
  seconds: 180,
  async run(place) {
    const counted = await place.underLoad(() => sleep(45_000), place.highRate);
    const { killed, most, hasMetrics } = place.watch.seen;
    if (killed.size > 0) throw Object.assign(new Error(`killed: ${[...killed].join(', ')}`), counted);
    const used = [...most].map(
      ([name, { used: bytes, limit }]) => `${name} ${mebibytes(bytes)} of ${mebibytes(limit)}`,
    );
    return {
      ...counted,
      note: hasMetrics ? `at most, in MiB: ${used.join(', ')}` : 'there is no metrics-server to say how much',
    };
  },
};

const mebibytes = (bytes) => Math.round(bytes / 1_048_576);
