import { setTimeout as sleep } from 'node:timers/promises';
import { isReady, processOf, until } from '../place.mjs';

const ours = 'app.kubernetes.io/part-of=agora';

export const drain = {
  name: 'drain',
  says: 'a node is drained, and comes back',
  seconds: 420,
  run: (place) =>
    place.underLoad(async () => {
      const { kubectl } = place;
      const node = await nodeToDrain(place);
      const gone = (await place.pods()).filter(({ spec }) => spec.nodeName === node).length;
      try {
        // The pods of others, such as the cluster's DNS, stay.
        const what = ['--pod-selector', ours, '--ignore-daemonsets', '--delete-emptydir-data'];
        await kubectl.run(['drain', node, ...what, '--timeout', '240s']);
        await until('all processes are there again', 120, () => areAvailable(kubectl));
      } finally {
        await kubectl.run(['uncordon', node]);
      }
      await until('all nodes of NATS are ready', 120, () => hasReady(place, 'nats'));
      return `${gone} pods of ${node}`;
    }),
};

/** One where neither the only database nor the door is. */
async function nodeToDrain({ pods }) {
  const running = (await pods()).filter(isReady);
  const database = running.find(({ metadata }) => metadata.name === 'postgres-0')?.spec.nodeName;
  const nodes = [...new Set(running.map(({ spec }) => spec.nodeName))].filter((node) => node !== database);
  if (nodes.length === 0) throw new Error('there is no node besides that of the database');
  return nodes[0];
}

async function areAvailable(kubectl) {
  const deployments = await kubectl.list('deployments', ours);
  return deployments.every(({ spec, status }) => (status.availableReplicas ?? 0) >= spec.replicas);
}

const hasReady = async ({ kubectl }, service) =>
  (await kubectl.list('statefulsets', processOf(service))).every(
    ({ spec, status }) => status.readyReplicas === spec.replicas,
  );

export const rollNats = {
  name: 'nats',
  says: 'every node of NATS is restarted, one after the other',
  seconds: 420,
  run: (place) =>
    place.underLoad(async () => {
      await place.kubectl.run(['rollout', 'restart', 'statefulset/nats']);
      await place.kubectl.run(['rollout', 'status', 'statefulset/nats', '--timeout', '360s']);
    }),
};

export const changePassword = {
  name: 'password',
  says: 'the database password of votes is another: `secrets`, `release provision --rerun`, restart',
  seconds: 420,
  run: (place) =>
    place.underLoad(async () => {
      const { kubectl } = place;
      const before = await kubectl.find('secret', 'votes');
      await forget(kubectl, 'votes', 'database-password');
      await forget(kubectl, 'provision', 'votes-app-password');
      await place.release(['secrets']);
      await place.release(['release', 'provision', '--rerun', '--overlay', place.overlay()]);
      await kubectl.run(['rollout', 'restart', 'deployment/votes']);
      await kubectl.run(['rollout', 'status', 'deployment/votes', '--timeout', '240s']);
      const after = await kubectl.find('secret', 'votes');
      if (before.data['database-password'] === after.data['database-password'])
        throw new Error('the password is the same');
    }),
};

const forget = (kubectl, secret, file) =>
  kubectl.run([
    'patch',
    'secret',
    secret,
    '--type=json',
    '--patch',
    JSON.stringify([{ op: 'remove', path: `/data/${file}` }]),
  ]);

export const rotateKeys = {
  name: 'keys',
  says: '`keys rotate`: a next key beside the active one',
  seconds: 180,
  run: (place) =>
    place.underLoad(async () => {
      await place.release(['keys', 'rotate']);
      const { text } = await place.release(['keys', 'list']);
      if (!/\bactive\b/.test(text) || !/\bnext\b/.test(text)) throw new Error(`the keys are ${text}`);
    }),
};

export const changeKeys = {
  name: 'key-change',
  says: 'the new key signs, and what the one before has signed still counts',
  seconds: 540,
  async run(place) {
    const list = async () => (await place.release(['keys', 'list'])).text;
    // `<kid> ES256 next <created> <signs from>`, until it signs and the key before is `retiring`; without `keys` there is neither.
    const keys = await list();
    const [, from] = /\bnext +\S+ +(\S+)/.exec(keys) ?? [];
    if (!from && !/\bretiring\b/.test(keys)) throw new Error('there is no next key: `keys` makes one');
    return place.underLoad(async () => {
      if (from) await sleep(Math.max(0, Date.parse(from) - Date.now()) + 5_000);
      if (!/\bretiring\b/.test(await list())) throw new Error('the key before still signs');
    });
  },
};
