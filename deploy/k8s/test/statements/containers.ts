import type {
  V1Container,
  V1Ingress,
  V1Namespace,
  V1NetworkPolicy,
  V1Service,
} from '@kubernetes/client-node';
import { containersOf, ofKind, ourPods, podsOf, readRepositoryFile, targetOf, type Pod } from '../cluster.ts';
import type { Statement } from './statement.ts';

/** SECURITY: images, containers, the namespace and its doors. */
export const containerStatements: Record<string, Statement> = {
  *'X-1 images are pinned, are what the Dockerfile makes, and run in production mode'(objects) {
    const dockerfile = readRepositoryFile('Dockerfile');
    const isTarget = (target = 'none') => new RegExp(`^FROM \\S+ AS ${target}$`, 'm').test(dockerfile);
    for (const pod of podsOf(objects)) {
      for (const { image = '' } of containersOf(pod)) {
        const isPinned = /(:[\w.-]+|@sha256:[0-9a-f]{64})$/.test(image) && !image.endsWith(':latest');
        if (!isPinned) yield `${image} is not pinned`;
        if (image.includes('agora') && !isTarget(targetOf(pod)))
          yield `${image} is no target of the Dockerfile`;
      }
    }
    for (const { name, container, environment } of ourPods(objects)) {
      if (container.command) yield `${name} runs something else than the image's entry point`;
      if (environment.NODE_ENV !== 'production') yield `${name} is not in production mode`;
    }
  },

  *'X-2 only the gateway can be reached from outside'(objects) {
    for (const { metadata, spec } of ofKind<V1Service>(objects, 'Service')) {
      const isInside = (spec?.type ?? 'ClusterIP') === 'ClusterIP' && !spec?.externalIPs;
      if (!isInside) yield `Service ${metadata?.name} is open to the outside`;
    }
    for (const { spec } of ofKind<V1Ingress>(objects, 'Ingress')) {
      if (spec?.defaultBackend) yield 'the ingress leads everything somewhere';
      for (const { backend } of (spec?.rules ?? []).flatMap(({ http }) => http?.paths ?? [])) {
        const { name, port } = backend.service ?? {};
        if (name !== 'gateway' || port?.name !== 'http') yield `the ingress leads to ${name}`;
      }
    }
  },

  *'G-8 behind an ingress, clients are counted by the address that it saw'(objects) {
    if (!objects.some(({ kind }) => kind === 'Ingress')) return;
    const gateway = podsOf(objects).find(({ name }) => name === 'Deployment gateway');
    if (gateway?.environment.TRUSTED_PROXY_HOPS !== '1') yield 'all clients are one';
  },

  *'behind an ingress, /openapi.json names the address that the ingress answers at'(objects) {
    const gateway = podsOf(objects).find(({ name }) => name === 'Deployment gateway');
    for (const { spec } of ofKind<V1Ingress>(objects, 'Ingress')) {
      const url = `https://${spec?.rules?.[0]?.host}`;
      if (gateway?.environment.PUBLIC_URL !== url) yield `PUBLIC_URL is not ${url}`;
    }
  },

  *'X-3 the namespace enforces the restricted profile'(objects) {
    for (const { metadata } of ofKind<V1Namespace>(objects, 'Namespace')) {
      for (const mode of ['enforce', 'audit', 'warn']) {
        const profile = metadata?.labels?.[`pod-security.kubernetes.io/${mode}`];
        if (profile !== 'restricted') yield `namespace ${metadata?.name}: ${mode} is ${profile}`;
      }
    }
    for (const { kind, metadata } of objects) {
      if (kind !== 'Namespace' && metadata.namespace !== 'agora')
        yield `${kind} ${metadata.name} is elsewhere`;
    }
  },

  *'F-5 PostgreSQL logs no values with an error'(objects) {
    for (const pod of podsOf(objects)) {
      for (const { image, args, name } of containersOf(pod)) {
        const settings = ['log_error_verbosity=terse', 'log_min_error_statement=panic'];
        if (image?.startsWith('postgres:') && !settings.every((setting) => args?.includes(setting)))
          yield `${pod.name}: ${name} logs the details of errors, or the statements`;
      }
    }
  },

  *'X-3 every container gives up what it does not need'(objects) {
    for (const pod of podsOf(objects)) {
      for (const container of containersOf(pod)) yield* weaknessesOf(pod, container);
    }
  },

  *'X-3 nothing of the host gets in'(objects) {
    const kinds = ['configMap', 'secret', 'emptyDir', 'projected', 'persistentVolumeClaim', 'csi'] as const;
    for (const pod of podsOf(objects)) {
      const { name, spec } = pod;
      if (spec.hostNetwork || spec.hostPID || spec.hostIPC) yield `${name}: is in a namespace of the host`;
      for (const volume of spec.volumes ?? []) {
        if (!kinds.some((kind) => volume[kind])) yield `${name}: volume ${volume.name} is of no allowed kind`;
      }
      for (const { hostPort } of containersOf(pod).flatMap(({ ports }) => ports ?? [])) {
        if (hostPort) yield `${name}: host port ${hostPort}`;
      }
    }
  },

  *'X-3 every container has requests and limits'(objects) {
    for (const pod of podsOf(objects)) {
      for (const { resources } of containersOf(pod)) {
        for (const what of ['cpu', 'memory']) {
          if (!resources?.requests?.[what]) yield `${pod.name}: requests no ${what}`;
          if (!resources?.limits?.[what]) yield `${pod.name}: no limit of ${what}`;
        }
      }
    }
  },

  *'X-3 what no policy allows is denied, in and out'(objects) {
    const denials = ofKind<V1NetworkPolicy>(objects, 'NetworkPolicy').filter(
      ({ spec }) => JSON.stringify(spec?.podSelector) === '{}' && !spec?.ingress && !spec?.egress,
    );
    for (const direction of ['Ingress', 'Egress']) {
      if (!denials.some(({ spec }) => spec?.policyTypes?.includes(direction))) yield `${direction} is open`;
    }
  },

  *'X-3 the ingress speaks TLS and bounds bodies and time'(objects) {
    const bounds = {
      'client-max-body-size': /^128k$/,
      'proxy-connect-timeout': /^\d+s$/,
      'proxy-read-timeout': /^\d+s$/,
      'proxy-send-timeout': /^\d+s$/,
      'redirect-to-https': /^True$/,
    };
    for (const { metadata, spec } of ofKind<V1Ingress>(objects, 'Ingress')) {
      const certified = new Set(spec?.tls?.flatMap(({ hosts }) => hosts ?? []));
      for (const { host } of spec?.rules ?? []) {
        if (!host || !certified.has(host)) yield `${host} has no certificate`;
      }
      for (const [name, form] of Object.entries(bounds)) {
        if (!form.test(metadata?.annotations?.[`nginx.org/${name}`] ?? ''))
          yield `the ingress sets no ${name}`;
      }
    }
  },
};

function* weaknessesOf({ name, spec }: Pod, { securityContext: own }: V1Container): Iterable<string> {
  const ofPod = spec.securityContext;
  const isNotRoot = own?.runAsNonRoot ?? ofPod?.runAsNonRoot;
  const user = own?.runAsUser ?? ofPod?.runAsUser ?? 0;
  const seccomp = own?.seccompProfile ?? ofPod?.seccompProfile;
  if (!isNotRoot || user === 0) yield `${name}: may be root`;
  if (own?.allowPrivilegeEscalation !== false || own.privileged) yield `${name}: may gain privileges`;
  if (own?.capabilities?.drop?.join() !== 'ALL' || own.capabilities.add) yield `${name}: keeps capabilities`;
  if (seccomp?.type !== 'RuntimeDefault') yield `${name}: may make any system call`;
  if (!own?.readOnlyRootFilesystem) yield `${name}: may write its own files`;
  if (spec.automountServiceAccountToken !== false) yield `${name}: has a token of the cluster`;
}
