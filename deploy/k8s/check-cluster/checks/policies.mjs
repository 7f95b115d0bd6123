import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../place.mjs';
import { doorPod } from '../door.mjs';

const targets = (
  'gateway:8000 auth:8001 posts:8002 votes:8003 auth:9001 posts:9002 votes:9003 ' +
  'nats:4222 nats-cluster:6222 postgres:5432 kubernetes.default:443'
).split(' ');

/** The connections that the policies allow; deploy/k8s/README.md has the same table. */
const mayReach = {
  gateway: ['auth:8001', 'auth:9001', 'posts:8002', 'votes:8003', 'nats:4222'],
  auth: ['posts:9002', 'votes:9003', 'nats:4222', 'postgres:5432'],
  posts: ['auth:9001', 'votes:9003', 'nats:4222', 'postgres:5432'],
  votes: ['auth:9001', 'posts:9002', 'nats:4222', 'postgres:5432'],
};

/** Prints those of the targets that accept a connection. */
const probe = (hosts) => `
const { connect } = await import('node:net');
const attempt = (target) => new Promise((resolve) => {
  const [host, port] = target.split(':');
  const socket = connect({ host, port, timeout: 3000 });
  const end = (isOpen) => { socket.destroy(); resolve(isOpen ? target : undefined); };
  socket.on('connect', () => end(true)).on('timeout', () => end(false)).on('error', () => end(false));
});
const open = await Promise.all(${JSON.stringify(hosts)}.map(attempt));
console.log(JSON.stringify(open.filter(Boolean)));`;

export const policies = {
  name: 'policies',
  says: 'who may not reach something does not: processes, a pod of no name, and one outside',
  seconds: 180,
  async run(place) {
    const wrong = [];
    const compare = (who, found, expected) => {
      for (const target of targets)
        if (found.includes(target) !== expected.includes(target))
          wrong.push(`${who} ${found.includes(target) ? 'reaches' : 'does not reach'} ${target}`);
    };
    for (const [service, expected] of Object.entries(mayReach))
      compare(service, JSON.parse(await place.inside(service, probe(targets))), expected);
    compare('a pod of no name', await askStranger(place, place.namespace, targets), []);
    const outside = targets.map((target) => target.replace(':', `.${place.namespace}:`));
    const found = await askStranger(place, place.doorNamespace, outside.slice(0, -1));
    compare(
      'a pod where the ingress controller is',
      found.map((each) => each.replace(`.${place.namespace}:`, ':')),
      ['gateway:8000'],
    );
    if (wrong.length > 0) throw new Error(wrong.join(', '));
    return { note: `${targets.length * (Object.keys(mayReach).length + 2) - 1} pairs` };
  },
};

/** What a pod of the restricted kind, without labels, reaches. */
async function askStranger({ everywhere, images }, namespace, hosts) {
  const pod = doorPod({ namespace, doorNamespace: namespace, image: images.gateway });
  const [container] = pod.spec.containers;
  // A network plugin knows a pod only a moment after its start.
  container.args = [
    '--input-type=module',
    '--eval',
    `await new Promise((go) => setTimeout(go, 5000));${probe(hosts)}`,
  ];
  delete container.readinessProbe;
  pod.spec.restartPolicy = 'Never';
  pod.metadata = { name: 'stranger', namespace };
  const kubectl = (...args) => everywhere.run([...args, '--namespace', namespace]);
  await kubectl('delete', 'pod', 'stranger', '--ignore-not-found');
  await everywhere.run(['create', '--filename', '-'], JSON.stringify(pod));
  try {
    await until('the stranger has ended', 60, async () =>
      /Succeeded|Failed/.test(
        await kubectl('get', 'pod', 'stranger', '--output', 'jsonpath={.status.phase}'),
      ),
    );
    return JSON.parse(await kubectl('logs', 'stranger'));
  } finally {
    await sleep(0);
    await kubectl('delete', 'pod', 'stranger', '--grace-period', '1');
  }
}

export const restricted = {
  name: 'restricted',
  says: 'the namespace refuses a pod that is privileged, root, or of the host',
  seconds: 60,
  async run({ everywhere, namespace, images }) {
    const accepted = [];
    for (const [name, change] of Object.entries(forbidden)) {
      const pod = doorPod({ namespace, doorNamespace: namespace, image: images.gateway });
      pod.metadata = { name: 'forbidden', namespace };
      change(pod.spec);
      const isRefused = await everywhere
        .run(['create', '--dry-run=server', '--filename', '-'], JSON.stringify(pod))
        .then(
          () => false,
          ({ details }) => /violates PodSecurity "restricted/.test(details.join()),
        );
      if (!isRefused) accepted.push(name);
    }
    if (accepted.length > 0) throw new Error(`not refused: ${accepted.join(', ')}`);
    return { note: `${Object.keys(forbidden).length} refused` };
  },
};

const forbidden = {
  privileged: ({ containers: [container] }) => (container.securityContext = { privileged: true }),
  root: (spec) => (spec.securityContext = { runAsUser: 0 }),
  'on the network of the host': (spec) => (spec.hostNetwork = true),
  'with a folder of the host': (spec) => (spec.volumes = [{ name: 'host', hostPath: { path: '/' } }]),
};
