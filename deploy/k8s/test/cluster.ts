import { readFileSync } from 'node:fs';
import type { V1ConfigMap, V1Container, V1PodTemplateSpec, V1Volume } from '@kubernetes/client-node';
import type { RenderedObject } from '../check/render.ts';

/** One sort of pod, with what makes it. */
export interface Pod {
  /** Of the workload: `Deployment posts`. */
  name: string;
  kind: string;
  labels: Record<string, string>;
  spec: NonNullable<V1PodTemplateSpec['spec']>;
  container: V1Container;
  environment: Record<string, string>;
}

/** The objects of that kind, with their type. */
export const ofKind = <Type>(objects: RenderedObject[], kind: string): Type[] =>
  objects.filter((object) => object.kind === kind) as Type[];

/** ('Dockerfile') → its text; the path is relative to the repository. */
export const readRepositoryFile = (path: string) =>
  readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

interface Workload {
  metadata: { name: string };
  spec: { template?: V1PodTemplateSpec; jobTemplate?: { spec: { template: V1PodTemplateSpec } } };
}

export function podsOf(objects: RenderedObject[]): Pod[] {
  return ['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob', 'Pod'].flatMap((kind) =>
    ofKind<Workload>(objects, kind).map(({ metadata, spec }) => {
      const template = spec.template ?? spec.jobTemplate?.spec.template;
      const container = template?.spec?.containers[0];
      if (!template?.spec || !container) throw new Error(`${kind} ${metadata.name} has no container`);
      return {
        name: `${kind} ${metadata.name}`,
        kind,
        labels: template.metadata?.labels ?? {},
        spec: template.spec,
        container,
        environment: environmentOf(objects, container),
      };
    }),
  );
}

/** The containers of a pod, including init containers. */
export const containersOf = ({ spec }: Pod) => [...(spec.initContainers ?? []), ...spec.containers];

/** The pods that run our own images. */
export const ourPods = (objects: RenderedObject[]) =>
  podsOf(objects).filter((pod) => targetOf(pod) !== undefined);

/** The pods that serve. */
export const deploymentPods = (objects: RenderedObject[]) =>
  podsOf(objects).filter(({ kind }) => kind === 'Deployment');

/** The names of the Secrets that volumes are made of. */
export const secretsOf = (volumes: V1Volume[]): string[] =>
  volumes
    .flatMap(({ secret, projected }) => [
      secret?.secretName,
      ...(projected?.sources ?? []).map((source) => source.secret?.name),
    ])
    .filter((name) => name !== undefined);

/** The target of the Dockerfile that a pod's image is made from. */
export const targetOf = ({ container }: Pod): string | undefined =>
  /(?:^|\/)agora[-/](auth|posts|votes|gateway|setup)[:@]/.exec(container.image ?? '')?.[1];

function environmentOf(objects: RenderedObject[], container: V1Container): Record<string, string> {
  const maps = ofKind<V1ConfigMap>(objects, 'ConfigMap');
  const dataOf = (wanted?: string) => {
    const map = maps.find(({ metadata }) => metadata?.name === wanted);
    if (!map) throw new Error(`${container.name} takes its settings from something that is not there`);
    return map.data ?? {};
  };
  const given = (container.envFrom ?? []).flatMap(({ configMapRef }) =>
    Object.entries(dataOf(configMapRef?.name)),
  );
  const own = (container.env ?? []).map(({ name, value, valueFrom }) => {
    const ref = valueFrom?.configMapKeyRef;
    return [name, (ref ? dataOf(ref.name)[ref.key] : value) ?? ''] as const;
  });
  return Object.fromEntries([...given, ...own]);
}
