const interval = 15_000;

/**
 * Looks at all pods of Agora every 15 s: the most memory that a container of each kind used, and containers that were killed for it. `seen` is
 * what was found so far.
 */
export function watchMemory(kubectl, namespace) {
  /** sort → { used, limit } in bytes. */
  const seen = { most: new Map(), killed: new Set(), hasMetrics: false };
  let timer;
  let isOver = false;
  const look = async () => {
    const pods = await kubectl.list('pods', 'app.kubernetes.io/part-of=agora').catch(() => []);
    for (const pod of pods) noteKilled(pod, seen);
    const metrics = await kubectl
      .ask(`/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods`)
      .catch(() => undefined);
    for (const { metadata, containers } of metrics?.items ?? []) {
      const pod = pods.find((each) => each.metadata.name === metadata.name);
      if (pod) noteUsed(pod, containers, seen);
    }
    if (!isOver) timer = setTimeout(() => void look(), interval);
  };
  void look();
  return {
    seen,
    stop() {
      isOver = true;
      clearTimeout(timer);
    },
  };
}

function noteKilled({ metadata, status }, { killed }) {
  for (const { name, state, lastState } of status.containerStatuses ?? [])
    if ([state, lastState].some((each) => each?.terminated?.reason === 'OOMKilled'))
      killed.add(`${metadata.name} ${name}`);
}

function noteUsed({ spec }, containers, seen) {
  for (const { name, usage } of containers) {
    const limit = bytesOf(spec.containers.find((each) => each.name === name)?.resources?.limits?.memory);
    const used = bytesOf(usage.memory);
    if (!limit || !used) continue;
    seen.hasMetrics = true;
    if (used > (seen.most.get(name)?.used ?? 0)) seen.most.set(name, { used, limit });
  }
}

const units = { '': 1, Ki: 1_024, Mi: 1_048_576, Gi: 1_073_741_824, k: 1e3, M: 1e6, G: 1e9 };

function bytesOf(quantity) {
  const [, number, unit] = /^(\d+)(\w*)$/.exec(quantity ?? '') ?? [];
  return number === undefined ? undefined : Number(number) * units[unit];
}
