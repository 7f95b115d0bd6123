import { existsSync, readFileSync } from 'node:fs';
import type {
  V1CronJob,
  V1Deployment,
  V1PodDisruptionBudget,
  V1Service,
  V2HorizontalPodAutoscaler,
} from '@kubernetes/client-node';
import { deploymentPods, ofKind, ourPods, podsOf, readRepositoryFile, targetOf } from '../cluster.ts';
import { allowedEdges, borderCrossings, neededEdges, selects } from '../network.ts';
import { settingsFaults } from '../settings.ts';
import type { Statement } from './statement.ts';

/** That the parts of an overlay fit each other, and the code. */
export const agreements: Record<string, Statement> = {
  *'every process accepts its settings, and knows all of them'(objects) {
    for (const pod of ourPods(objects)) yield* settingsFaults(pod);
  },

  *'every process listens where its image says, and is probed on its internal port'(objects) {
    const stages = readRepositoryFile('Dockerfile').split(/^FROM /m);
    for (const pod of deploymentPods(objects)) {
      const { name, container } = pod;
      const port = (each: string) => container.ports?.find((one) => one.name === each)?.containerPort;
      const stage = stages.find((each) => each.startsWith(`runtime AS ${targetOf(pod)}\n`));
      const isThere = stage?.includes(`PORT=${port('http')} INTERNAL_PORT=${port('internal')}\n`);
      if (!isThere) yield `${name}: listens elsewhere`;
      const { startupProbe, livenessProbe, readinessProbe } = container;
      for (const probe of [startupProbe, livenessProbe, readinessProbe]) {
        if (probe?.httpGet?.port !== 'internal') yield `${name}: is not probed on its internal port`;
      }
      if (livenessProbe?.httpGet?.path !== '/healthz') yield `${name}: no right liveness probe`;
      if (readinessProbe?.httpGet?.path !== '/readyz') yield `${name}: no right readiness probe`;
      const { periodSeconds = 10, failureThreshold = 3 } = readinessProbe ?? {};
      if (periodSeconds * failureThreshold < 30)
        yield `${name}: a database that pauses takes all replicas out`;
    }
  },

  *'every command is in the image that is to run it'(objects) {
    for (const pod of ourPods(objects)) {
      const [script, ...rest] = pod.container.args ?? [];
      if (pod.kind === 'Deployment' && !script) continue;
      if (targetOf(pod) === 'setup' && script?.startsWith('deploy/docker/')) {
        if (!existsSync(new URL(`../../../../${script}`, import.meta.url)))
          yield `${pod.name}: there is no ${script}`;
        continue;
      }
      const folder = targetOf(pod) === 'setup' ? 'packages/database' : `services/${targetOf(pod)}`;
      if (!script?.startsWith(`${folder}/dist/`)) yield `${pod.name}: ${script} is not in its image`;
      const source = script?.replace('/dist/', '/src/').replace(/\.js$/, '.ts');
      const isThere = existsSync(new URL(`../../../../${source}`, import.meta.url));
      const words = rest.filter((each) => !each.startsWith('--'));
      if (!isThere || !isOffered(source ?? '', words))
        yield `${pod.name}: there is no ${source} ${words.join(' ')}`;
    }
  },

  *'every name that an object mentions is there'(objects) {
    const has = (kind: string, name = '') =>
      objects.some((each) => each.kind === kind && each.metadata.name === name);
    const pods = podsOf(objects);
    for (const { name, spec } of pods) {
      const account = spec.serviceAccountName;
      if (account && !has('ServiceAccount', account)) yield `${name}: no such account`;
    }
    for (const { metadata, spec } of ofKind<V1Service>(objects, 'Service')) {
      const chosen = pods.filter(({ labels }) => selects({ matchLabels: spec?.selector ?? {} }, labels));
      if (chosen.length !== 1) yield `Service ${metadata?.name} selects ${chosen.length} sorts of pods`;
      const names = new Set(chosen.flatMap(({ container }) => container.ports?.map(({ name }) => name)));
      for (const { port, targetPort } of spec?.ports ?? []) {
        if (!names.has(String(targetPort))) yield `Service ${metadata?.name}: nobody listens for ${port}`;
      }
    }
    for (const { metadata, spec } of ofKind<V2HorizontalPodAutoscaler>(objects, 'HorizontalPodAutoscaler')) {
      const target = spec?.scaleTargetRef;
      if (!has(target?.kind ?? '', target?.name)) yield `nothing for ${metadata?.name} to scale`;
    }
  },

  *'a team can apply its service alone, by name, after the settings'(objects) {
    const labelOf = (kind: string, name = '', label = 'name') =>
      objects.find((each) => each.kind === kind && each.metadata.name === name)?.metadata.labels?.[
        `app.kubernetes.io/${label}`
      ];
    for (const { name, kind, labels, spec, container } of podsOf(objects)) {
      const service = labels['app.kubernetes.io/name'];
      if (labelOf(kind, name.replace(/.* /, '')) !== service) yield `${name} goes by another name`;
      const account = spec.serviceAccountName;
      if (account && labelOf('ServiceAccount', account) !== service)
        yield `${name}: ${account} is of another`;
      for (const { configMapRef } of container.envFrom ?? []) {
        const component = labelOf('ConfigMap', configMapRef?.name, 'component');
        if (component !== 'settings') yield `${name}: ${configMapRef?.name} is not of the settings`;
      }
    }
  },

  *'the policies allow what the settings need, on both sides, and nothing else'(objects) {
    const { edges } = neededEdges(objects);
    for (const [direction, allowed] of Object.entries(allowedEdges(objects))) {
      for (const edge of edges) if (!allowed.has(edge)) yield `${direction} lacks ${edge}`;
      for (const edge of allowed) if (!edges.has(edge)) yield `${direction} need not allow ${edge}`;
    }
  },

  *'only what must crosses the border of the namespace'(objects) {
    const { otherNamespaces, unknownHosts } = neededEdges(objects);
    if (unknownHosts.size > 1) yield `unknown hosts: ${[...unknownHosts].join()}`;
    const isDatabaseElsewhere = unknownHosts.size === 1;
    const expected = new Set([
      'gateway: in from nginx-ingress:8000',
      'reach-dns: out to kube-system:53/UDP,53',
    ]);
    if (isDatabaseElsewhere) expected.add('be-watched: in from monitoring:internal');
    for (const each of otherNamespaces) expected.add(`send-traces: out to ${each}`);
    const crossings = new Set(borderCrossings(objects));
    for (const crossing of crossings) {
      const isToMailServer = /^reach-mail-server: out to [\d.]+\/\d+:465,587$/.test(crossing);
      if (isToMailServer) continue;
      const isToDatabase = /^reach-database: out to 10\.[\d.]+\/2\d:5432$/.test(crossing);
      if (!expected.has(crossing) && !(isDatabaseElsewhere && isToDatabase)) yield crossing;
    }
    for (const crossing of expected) if (!crossings.has(crossing)) yield `lacks ${crossing}`;
  },

  *'a process has the time to stop that it takes'(objects) {
    for (const { name, spec, container, environment } of deploymentPods(objects)) {
      const pause = container.lifecycle?.preStop?.sleep?.seconds ?? 0;
      if (pause < 5) yield `${name}: no pause before SIGTERM`;
      const { SHUTDOWN_NOTICE_SECONDS: notice = 3, SHUTDOWN_TIMEOUT_SECONDS: timeout = 8 } = environment;
      const needed = pause + Number(notice) + Number(timeout);
      if ((spec.terminationGracePeriodSeconds ?? 30) <= needed) yield `${name}: is killed while it stops`;
    }
  },

  *'a workload that is scaled has one autoscaler, and can lose a pod'(objects) {
    const scalers = ofKind<V2HorizontalPodAutoscaler>(objects, 'HorizontalPodAutoscaler');
    const budgets = ofKind<V1PodDisruptionBudget>(objects, 'PodDisruptionBudget');
    for (const { name, kind, labels } of podsOf(objects)) {
      if (kind !== 'Deployment' && kind !== 'StatefulSet') continue;
      const replicas = ofKind<V1Deployment>(objects, kind).find(
        ({ metadata }) => name === `${kind} ${metadata?.name}`,
      )?.spec?.replicas;
      const scaler = scalers.find(({ spec }) => name === `${kind} ${spec?.scaleTargetRef.name}`)?.spec;
      const least = scaler?.minReplicas ?? replicas ?? 1;
      if (scaler && replicas !== undefined) yield `${name}: replicas would undo the scaling`;
      if (scaler && scaler.maxReplicas <= least) yield `${name}: nothing to scale`;
      const own = budgets.filter(({ spec }) => selects(spec?.selector, labels));
      if (own.length !== (least > 1 ? 1 : 0)) yield `${name}: ${own.length} budgets for ${least} replicas`;
      if (own.some(({ spec }) => spec?.maxUnavailable !== 1)) yield `${name}: may lose many`;
    }
  },

  *'the database has a connection for every pool at its fullest'(objects) {
    const roles = readRepositoryFile('packages/database/src/schema/provision.ts');
    const limit = Number(/_app`, login\(app, (\d+)\)/.exec(roles)?.[1]);
    for (const { spec } of ofKind<V2HorizontalPodAutoscaler>(objects, 'HorizontalPodAutoscaler')) {
      const name = `Deployment ${spec?.scaleTargetRef.name}`;
      const environment = podsOf(objects).find((pod) => pod.name === name)?.environment;
      if (!environment?.DATABASE_HOST) continue;
      // Pool, and two for relay and purging; while a new version is rolled out there is one pod more.
      const connections = ((spec?.maxReplicas ?? 0) + 1) * (Number(environment.DATABASE_POOL_MAX ?? 10) + 2);
      if (!(connections <= limit)) yield `${name}: ${connections} connections, of ${limit}`;
    }
  },

  *'keys are rotated only when somebody says so, audits run by themselves, and neither twice at once'(
    objects,
  ) {
    for (const { metadata, spec } of ofKind<V1CronJob>(objects, 'CronJob')) {
      const isAudit = metadata?.name?.startsWith('audit-') ?? false;
      if (isAudit === (spec?.suspend ?? false))
        yield `${metadata?.name} ${isAudit ? 'never runs' : 'runs by itself'}`;
      if (spec?.concurrencyPolicy !== 'Forbid') yield `${metadata?.name} may run twice`;
    }
  },
};

/** Whether a service's `operate.ts` knows the command that the first word names; other scripts take none. */
function isOffered(source: string, words: string[]): boolean {
  if (!source.endsWith('/operate.ts')) return words.length === 0;
  const part = { migrate: 'migrations', audit: 'audited' }[words[0] ?? ''] ?? words[0];
  return readFileSync(new URL(`../../../../${source}`, import.meta.url), 'utf8').includes(` ${part}: () =>`);
}
