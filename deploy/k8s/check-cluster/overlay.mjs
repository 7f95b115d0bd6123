import { copyFileSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const overlays = fileURLToPath(new URL('../overlays/', import.meta.url));
export const targets = ['auth', 'posts', 'votes', 'gateway', 'setup'];

/** As in docker-compose.yml: tests and load come from one address, and register hundreds of people. */
const limits = {
  gateway: {
    RATE_LIMIT_ADDRESS: '600000/60',
    RATE_LIMIT_LOGIN: '60000/60',
    RATE_LIMIT_REGISTRATION: '60000/60',
    RATE_LIMIT_REFRESH: '60000/60',
    RATE_LIMIT_USER: '600000/60',
    RATE_LIMIT_WRITES: '600000/60',
    LIVE_STREAMS_PER_ADDRESS: '2000',
  },
  auth: {
    BCRYPT_COST: '10',
    LOGIN_FAILURES_PER_ADDRESS: '60000/60',
    REGISTRATIONS_PER_ADDRESS: '60000/60',
    PASSWORD_RESETS_PER_ADDRESS: '100/3600',
  },
};

/**
 * Writes an overlay of the check's own into the folder, on top of the project's `local` or `production`, the shape: another namespace, the images, a way in for
 * the check's door, and for `production` a database inside and no objects of operators. `patches` are further ones, as kustomize has them.
 */
export function writeOverlay(folder, { shape, namespace, doorNamespace, images, patches = [] }) {
  mkdirSync(folder, { recursive: true });
  const base = relative(realpathSync(folder), realpathSync(join(overlays, shape)));
  const isProduction = shape === 'production';
  if (isProduction) copyFileSync(join(overlays, 'local/postgres.yaml'), join(folder, 'postgres.yaml'));
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    namespace,
    resources: [base, ...(isProduction ? ['postgres.yaml'] : [])],
    images: targets.map((target) => renamed(imageNameIn(shape, target), images[target])),
    ...(isProduction && {
      labels: [{ pairs: { 'app.kubernetes.io/part-of': 'agora' }, includeTemplates: true }],
      configMapGenerator: [{ name: 'database', behavior: 'merge', literals: ['DATABASE_HOST=postgres'] }],
    }),
    patches: [
      ...Object.entries(limits).map(([service, values]) => addEnvironment(service, values)),
      doorPatch(doorNamespace),
      ...(isProduction ? databaseInside : []),
      ...patches,
    ],
  };
  writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization, undefined, 2));
}

/** ('Deployment', 'votes', [{ op, path, value }]) → a patch of kustomize. */
export const patchOf = (kind, name, operations) => ({
  target: { kind, ...(name && { name }) },
  patch: JSON.stringify(operations),
});

/** Settings of a process, from another version of it. */
export const addEnvironment = (service, values) =>
  patchOf(
    'Deployment',
    service,
    Object.entries(values).map(([name, value]) => ({
      op: 'add',
      path: '/spec/template/spec/containers/0/env/-',
      value: { name, value },
    })),
  );

const imageNameIn = (shape, target) =>
  shape === 'production' ? `registry.example.com/agora/${target}` : `agora-${target}`;

function renamed(name, image) {
  const [, newName, newTag, digest] = /^(.+?)(?::([\w.-]+))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(image);
  return { name, newName, ...(digest ? { digest } : { newTag: newTag ?? 'latest' }) };
}

/** The check's door stands where an ingress controller would. */
const doorPatch = (namespace) =>
  patchOf('NetworkPolicy', 'gateway', [
    {
      op: 'replace',
      path: '/spec/ingress/0/from/0/namespaceSelector/matchLabels/kubernetes.io~1metadata.name',
      value: namespace,
    },
  ]);

const removed = (apiVersion, kind) => ({
  target: { kind },
  patch: JSON.stringify({ $patch: 'delete', apiVersion, kind, metadata: { name: 'any' } }),
});

const postgresSettings = [
  'log_error_verbosity=terse',
  'log_min_error_statement=panic',
  'max_connections=300',
  'ssl=on',
  'ssl_cert_file=/etc/postgres-tls/tls.crt',
  'ssl_key_file=/etc/postgres-tls/tls.key',
];

const databaseInside = [
  patchOf('NetworkPolicy', 'reach-database', [
    {
      op: 'replace',
      path: '/spec/egress/0/to',
      value: [{ podSelector: { matchLabels: { 'app.kubernetes.io/name': 'postgres' } } }],
    },
  ]),
  patchOf('StatefulSet', 'postgres', [
    {
      op: 'add',
      path: '/spec/template/spec/containers/0/args',
      value: postgresSettings.flatMap((setting) => ['-c', setting]),
    },
    {
      op: 'add',
      path: '/spec/template/spec/volumes/-',
      value: { name: 'tls', secret: { secretName: 'postgres-tls', defaultMode: 0o440 } },
    },
    {
      op: 'add',
      path: '/spec/template/spec/containers/0/volumeMounts/-',
      value: { name: 'tls', mountPath: '/etc/postgres-tls', readOnly: true },
    },
  ]),
  removed('external-secrets.io/v1', 'ExternalSecret'),
  removed('external-secrets.io/v1', 'SecretStore'),
  removed('cert-manager.io/v1', 'Certificate'),
  removed('monitoring.coreos.com/v1', 'PodMonitor'),
  removed('monitoring.coreos.com/v1', 'PrometheusRule'),
];
