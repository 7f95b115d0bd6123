import type {
  V1LabelSelector,
  V1NetworkPolicy,
  V1NetworkPolicyPeer,
  V1NetworkPolicyPort,
  V1Service,
} from '@kubernetes/client-node';
import type { RenderedObject } from '../check/render.ts';
import { ofKind, podsOf, type Pod } from './cluster.ts';

type Direction = 'Ingress' | 'Egress';
interface Rule {
  policy: V1NetworkPolicy;
  peers: V1NetworkPolicyPeer[] | undefined;
  ports: V1NetworkPolicyPort[] | undefined;
}

export function selects(selector: V1LabelSelector | undefined, labels: Record<string, string>): boolean {
  const equal = Object.entries(selector?.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  const expressed = (selector?.matchExpressions ?? []).every(({ key, operator, values }) => {
    if (operator !== 'In') throw new Error(`this test knows no operator ${operator}`);
    return values?.includes(labels[key] ?? '');
  });
  return equal && expressed;
}

const policiesOf = (objects: RenderedObject[], pod: Pod, direction: Direction) =>
  ofKind<V1NetworkPolicy>(objects, 'NetworkPolicy').filter(
    ({ spec }) => spec?.policyTypes?.includes(direction) && selects(spec.podSelector, pod.labels),
  );

const rulesOf = (policies: V1NetworkPolicy[], direction: Direction): Rule[] =>
  policies.flatMap((policy) =>
    direction === 'Ingress'
      ? (policy.spec?.ingress ?? []).map(({ _from, ports, ...rule }) => ({
          policy,
          // The client's type calls it `_from`; the object does not.
          peers: _from ?? (rule as { from?: V1NetworkPolicyPeer[] }).from,
          ports,
        }))
      : (policy.spec?.egress ?? []).map(({ to, ports }) => ({ policy, peers: to, ports })),
  );

const hasPort = ({ ports }: Rule, port: number) =>
  !ports ||
  ports.some(
    (each) =>
      (each.protocol ?? 'TCP') === 'TCP' &&
      (each.port === undefined ||
        each.port === port ||
        (each.endPort !== undefined && Number(each.port) <= port && port <= each.endPort)),
  );

const isFromNamespace = (peer: V1NetworkPolicyPeer) => !peer.namespaceSelector && !peer.ipBlock;

function allows(objects: RenderedObject[], direction: Direction, whose: Pod, other: Pod, port: number) {
  const policies = policiesOf(objects, whose, direction);
  if (policies.length === 0) return true;
  return rulesOf(policies, direction).some(
    (rule) =>
      hasPort(rule, port) &&
      (!rule.peers ||
        rule.peers.some((peer) => isFromNamespace(peer) && selects(peer.podSelector, other.labels))),
  );
}

/** What the policies allow between pods: 'Deployment votes → Deployment posts:9002', for each side alone. */
export function allowedEdges(objects: RenderedObject[]): Record<Direction, Set<string>> {
  const pods = podsOf(objects);
  const open = pods.flatMap(
    ({ container }) => container.ports?.map(({ containerPort }) => containerPort) ?? [],
  );
  const monitoringOfNats = 8222;
  const edges = { Ingress: new Set<string>(), Egress: new Set<string>() };
  for (const port of new Set([...open, monitoringOfNats])) {
    for (const from of pods) {
      for (const to of pods) {
        const edge = `${from.name} → ${to.name}:${port}`;
        if (allows(objects, 'Egress', from, to, port)) edges.Egress.add(edge);
        if (allows(objects, 'Ingress', to, from, port)) edges.Ingress.add(edge);
      }
    }
  }
  return edges;
}

/** What crosses the border of the namespace, either way: 'gateway: in from nginx-ingress:8000'. */
export function borderCrossings(objects: RenderedObject[]): string[] {
  const policies = ofKind<V1NetworkPolicy>(objects, 'NetworkPolicy');
  return (['Ingress', 'Egress'] as const).flatMap((direction) =>
    rulesOf(policies, direction).flatMap(({ policy, peers, ports }) => {
      const way = direction === 'Ingress' ? 'in from' : 'out to';
      const where = (ports ?? []).map(({ port, endPort, protocol }) =>
        [`${port}`, ...(endPort ? [`-${endPort}`] : []), ...(protocol === 'UDP' ? ['/UDP'] : [])].join(''),
      );
      return (peers ?? [undefined])
        .filter((peer) => !peer || !isFromNamespace(peer))
        .map((peer) => {
          const whom =
            peer?.ipBlock?.cidr ??
            Object.values(peer?.namespaceSelector?.matchLabels ?? { any: 'anywhere' }).join();
          return `${policy.metadata?.name}: ${way} ${whom}:${where.join()}`;
        });
    }),
  );
}

interface Needs {
  edges: Set<string>;
  /** Services of other namespaces: 'tracing:4318'. */
  otherNamespaces: Set<string>;
  unknownHosts: Set<string>;
}

/** The addresses that the pods' settings name, and the workloads behind them. */
export function neededEdges(objects: RenderedObject[]): Needs {
  const edges = new Set<string>();
  const otherNamespaces = new Set<string>();
  const unknownHosts = new Set<string>();
  const services = ofKind<V1Service>(objects, 'Service');
  const pods = podsOf(objects);
  const need = (from: Pod, host: string, port: number) => {
    const service = services.find(({ metadata }) => metadata?.name === host);
    const namespace = /^[\w-]+\.([\w-]+)$/.exec(host)?.[1];
    if (namespace) return otherNamespaces.add(`${namespace}:${port}`);
    if (!service) return unknownHosts.add(host);
    const targetPort = service.spec?.ports?.find((each) => each.port === port)?.targetPort;
    for (const to of pods.filter(({ labels }) =>
      selects({ matchLabels: service.spec?.selector ?? {} }, labels),
    )) {
      const target = to.container.ports?.find(({ name }) => name === targetPort)?.containerPort;
      edges.add(`${from.name} → ${to.name}:${target ?? `no port ${port}`}`);
    }
    return edges;
  };
  for (const pod of pods) {
    const { DATABASE_HOST, DATABASE_PORT, ...settings } = pod.environment;
    if (DATABASE_HOST) need(pod, DATABASE_HOST, Number(DATABASE_PORT));
    // The nodes of NATS among themselves.
    if (pod.labels['app.kubernetes.io/name'] === 'nats') need(pod, 'nats-cluster', 6222);
    for (const value of Object.values(settings)) {
      const url = /^(?:http|nats):\/\/([^:/]+):(\d+)/.exec(value);
      if (url?.[1]) need(pod, url[1], Number(url[2]));
    }
  }
  return { edges, otherNamespaces, unknownHosts };
}
