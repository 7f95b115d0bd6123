import { describe, expect, it } from '@jest/globals';
import { canRender, overlays, renderOverlay, type RenderedObject } from '../check/render.ts';
import { agreements } from './statements/agreements.ts';
import { applyStatements } from './statements/apply.ts';
import { containerStatements } from './statements/containers.ts';
import { monitoringStatements } from './statements/monitoring.ts';
import { natsStatements } from './statements/nats.ts';
import { secretStatements } from './statements/secrets.ts';

const statements = {
  ...containerStatements,
  ...secretStatements,
  ...natsStatements,
  ...monitoringStatements,
  ...agreements,
  ...applyStatements,
};

// Without kubectl and kustomize the rest can still be tested; CI has to have one of them.
const describeRendered = canRender ? describe : describe.skip;

describeRendered.each(overlays)('the overlay %s', (overlay) => {
  const objects = canRender ? renderOverlay(overlay) : [];
  it.each(Object.entries(statements))('%s', (_, statement) => expect([...statement(objects)]).toEqual([]));
});

describeRendered('a planted fault', () => {
  const rendered = {
    local: canRender ? renderOverlay('local') : [],
    staging: canRender ? renderOverlay('staging') : [],
    production: canRender ? renderOverlay('production') : [],
  };

  /** Replaces one text by another in the object of that name. */
  const edit = (overlay: keyof typeof rendered, name: string, from: string | RegExp, to: string) =>
    rendered[overlay].map((object) => {
      if (`${object.kind} ${object.metadata.name}`.replace(/-[a-z0-9]{10}$/, '') !== name) return object;
      const [before, after] = [JSON.stringify(object), JSON.stringify(object).replace(from, to)];
      if (before === after) throw new Error(`${name} has no ${String(from)}`);
      return JSON.parse(after) as RenderedObject;
    });
  const without = (overlay: keyof typeof rendered, name: string) =>
    rendered[overlay].filter(({ kind, metadata }) => `${kind} ${metadata.name}` !== name);

  const caught: Record<string, [statement: string, objects: RenderedObject[]]> = {
    'an image without a version': [
      'X-1 images',
      edit('production', 'Deployment posts', /posts:[\d.]+"/, 'posts:latest"'),
    ],
    'an image of another target': [
      'X-1 images',
      edit('production', 'Deployment posts', 'agora/posts:', 'agora/blog:'),
    ],
    'development mode': ['X-1 images', edit('local', 'ConfigMap runtime', 'production', 'development')],
    'a load balancer before posts': [
      'X-2',
      edit('local', 'Service posts', '"spec":{', '"spec":{"type":"LoadBalancer",'),
    ],
    'an ingress to auth': [
      'X-2',
      edit('production', 'Ingress gateway', '"name":"gateway","port"', '"name":"auth","port"'),
    ],
    'clients that are all one': [
      'G-8',
      edit('production', 'Deployment gateway', 'TRUSTED_PROXY_HOPS', 'TRUSTED_PROXY_HAPS'),
    ],
    'a namespace of the baseline profile': [
      'X-3 the namespace',
      edit('local', 'Namespace agora', /enforce":"restricted/, 'enforce":"baseline'),
    ],
    'a writable root': [
      'X-3 every container gives up',
      edit('local', 'CronJob rotate-keys', '"readOnlyRootFilesystem":true', '"readOnlyRootFilesystem":false'),
    ],
    'a token of the cluster': [
      'X-3 every container gives up',
      edit(
        'local',
        'StatefulSet postgres',
        '"automountServiceAccountToken":false',
        '"automountServiceAccountToken":true',
      ),
    ],
    'a folder of the host': [
      'X-3 nothing of the host',
      edit(
        'local',
        'Deployment posts',
        '"secret":{"defaultMode":288,"secretName":"posts"}',
        '"hostPath":{"path":"/"}',
      ),
    ],
    'no limit of memory': [
      'X-3 every container has',
      edit('local', 'Job provision', /"limits":\{[^}]*\}/, '"limits":{"cpu":"1"}'),
    ],
    'no default': ['X-3 what no policy', without('local', 'NetworkPolicy default-deny')],
    'an ingress for any body': [
      'X-3 the ingress',
      edit('production', 'Ingress gateway', 'client-max-body-size', 'max-body-size'),
    ],
    'a database that nobody checks': [
      'X-5',
      edit('production', 'ConfigMap database', 'DATABASE_SSL_CA_FILE', 'DATABASE_SSL_CAT_FILE'),
    ],
    'a user of NATS for two': [
      'N-1 every service is a user',
      edit('local', 'Deployment votes', '"value":"votes"', '"value":"posts"'),
    ],
    'monitoring of NATS for all': [
      'N-1 nobody reaches',
      edit('local', 'ConfigMap nats', '127.0.0.1:8222', '0.0.0.0:8222'),
    ],
    'an old NATS': ['N-1 nobody reaches', edit('local', 'StatefulSet nats', /nats:[\d.]+/, 'nats:2.12.6')],
    'events that are acknowledged before they are written': [
      'N-1 an acknowledged',
      edit('local', 'ConfigMap nats', 'sync_interval: always', 'sync_interval: 2m'),
    ],
    'posts that may forge a deletion': [
      'N-2',
      edit(
        'local',
        'ConfigMap nats-authorization',
        String.raw`\"posts.>\"`,
        String.raw`\"posts.>\" \"auth.>\"`,
      ),
    ],
    'a gateway that takes the events of posts': [
      'N-2',
      edit(
        'local',
        'ConfigMap nats-authorization',
        /(user: gateway.*)CONSUMER\.\*\.\*\.posts/s,
        '$1CONSUMER.*.*.pasts',
      ),
    ],
    'votes that reads every inbox': [
      'N-2',
      edit('local', 'ConfigMap nats-authorization', '_INBOX_votes.>', '_INBOX.>'),
    ],
    'a password in a ConfigMap': [
      'K-2 secrets',
      edit('local', 'ConfigMap broker', 'NATS_PASSWORD_FILE', 'NATS_PASSWORD'),
    ],
    'a secret for two': [
      'K-2 a secret',
      edit('local', 'Deployment votes', '"secretName":"votes"', '"secretName":"posts"'),
    ],
    'a setting that nobody knows': [
      'every process accepts',
      edit('local', 'ConfigMap process', 'LOG_LEVEL', 'LOGLEVEL'),
    ],
    'a setting that is missing': [
      'every process accepts',
      edit('local', 'Deployment votes', 'POSTS_INTERNAL_URL', 'DATABASE_POOL_MAX'),
    ],
    'another port than the image has': [
      'every process listens',
      edit('local', 'Deployment posts', '"containerPort":8002', '"containerPort":8003'),
    ],
    'a probe on the public port': [
      'every process listens',
      edit('local', 'Deployment posts', '"port":"internal"', '"port":"http"'),
    ],
    'a command of another image': [
      'every command',
      edit('local', 'Job migrate-posts', 'services/posts/', 'services/votes/'),
    ],
    'a Service of nothing': [
      'every name',
      edit('local', 'Service posts', '"selector":{', '"selector":{"tier":"x",'),
    ],
    'a policy that lacks what votes needs': ['the policies allow', without('local', 'NetworkPolicy votes')],
    'a policy that allows posts to ask votes': [
      'the policies allow',
      edit(
        'local',
        'NetworkPolicy votes',
        '"app.kubernetes.io/name":"gateway"',
        '"app.kubernetes.io/name":"posts"',
      ),
    ],
    'a way out to the internet': [
      'only what must',
      edit('production', 'NetworkPolicy reach-database', /"cidr":"[^"]+"/, '"cidr":"0.0.0.0/0"'),
    ],
    'a way in from anywhere': [
      'only what must',
      edit('local', 'NetworkPolicy gateway', /"from":\[[^\]]*\],/, ''),
    ],
    'traces that nobody lets out': ['only what must', without('staging', 'NetworkPolicy send-traces')],
    'traces to another port': [
      'only what must',
      edit('staging', 'ConfigMap process', 'tracing:4318', 'tracing:4317'),
    ],
    'metrics under another job': [
      'the operator scrapes',
      edit('production', 'PodMonitor processes', 'kubernetes.io/name', 'kubernetes.io/instance'),
    ],
    'metrics of the public port': [
      'the operator scrapes',
      edit('production', 'PodMonitor processes', '"port":"internal"', '"port":"http"'),
    ],
    'an alert that nobody tested': [
      'the operator loads',
      edit('production', 'PrometheusRule agora', '"for":"2m"', '"for":"2h"'),
    ],
    'too little time to stop': [
      'a process has',
      edit(
        'local',
        'Deployment auth',
        '"terminationGracePeriodSeconds":40',
        '"terminationGracePeriodSeconds":30',
      ),
    ],
    'a budget for one pod': [
      'a workload that is scaled',
      edit('production', 'HorizontalPodAutoscaler votes', '"minReplicas":3', '"minReplicas":1'),
    ],
    'no budget for three nodes': [
      'a workload that is scaled',
      without('production', 'PodDisruptionBudget nats'),
    ],
    'more pods than connections': [
      'the database has',
      edit('production', 'HorizontalPodAutoscaler auth', '"maxReplicas":6', '"maxReplicas":60'),
    ],
    'a rotation of its own': [
      'keys are rotated',
      edit('local', 'CronJob rotate-keys', '"suspend":true', '"suspend":false'),
    ],
    'a secret that nobody makes': ['K-2 every secret', without('production', 'ExternalSecret provision')],
    'a database whose pause takes all out': [
      'every process listens',
      edit('local', 'Deployment posts', '"failureThreshold":6', '"failureThreshold":2'),
    ],
    'NATS nodes that are restarted before the last has caught up': [
      'N-1 an acknowledged',
      edit('production', 'StatefulSet nats', ':8222/healthz"]', ':8222/healthz?js-server-only=true"]'),
    ],
    'a port without its protocol': [
      'a second apply',
      edit('local', 'NetworkPolicy votes', '{"port":8003,"protocol":"TCP"}', '{"port":8003}'),
    ],
    'a claim without its defaults': [
      'a second apply',
      edit('local', 'StatefulSet nats', '"volumeMode":"Filesystem"', '"volumeName":"x"'),
    ],
    'a file in no volume': [
      'K-2 every secret',
      edit('local', 'ConfigMap broker', '/run/secrets/agora/', '/run/secrets/other/'),
    ],
  };

  it.each(Object.keys(caught))('is caught: %s', (fault) => {
    const [name, objects] = caught[fault] ?? ['', []];
    const statement = Object.entries(statements).find(([each]) => each.startsWith(name))?.[1];
    expect([...(statement?.(objects) ?? [])]).not.toEqual([]);
  });
});
