import type { V1ConfigMap, V1Secret } from '@kubernetes/client-node';
import { ofKind, ourPods, podsOf, secretsOf } from '../cluster.ts';
import type { Statement } from './statement.ts';

/** SECURITY: where secrets are and are not. */
export const secretStatements: Record<string, Statement> = {
  *'K-2 secrets are in files alone'(objects) {
    for (const { name, container, environment } of podsOf(objects)) {
      for (const setting of Object.keys(environment)) {
        if (/(PASSWORD|TOKEN|SIGNING_KEY|SECRET|SECRET_KEY)$/.test(setting))
          yield `${name}: ${setting} is no file`;
      }
      const isInEnvironment =
        container.env?.some(({ valueFrom }) => valueFrom?.secretKeyRef) ||
        container.envFrom?.some(({ secretRef }) => secretRef);
      if (isInEnvironment) yield `${name}: a secret in the environment`;
    }
    for (const { metadata, data } of ofKind<V1ConfigMap>(objects, 'ConfigMap')) {
      const text = JSON.stringify(data);
      const isSecret = /PRIVATE KEY|[0-9a-f]{32}|\$2[aby]\$\d\d\$|PASSWORD=/.test(text);
      if (isSecret) yield `ConfigMap ${metadata?.name} holds a secret`;
    }
    for (const { metadata } of ofKind<V1Secret>(objects, 'Secret'))
      yield `Secret ${metadata?.name} is in git`;
  },

  *'K-2 a secret is for one service, mounted read-only'(objects) {
    const readers = new Map<string, string>();
    for (const { name, labels, spec, container } of podsOf(objects)) {
      const service = labels['app.kubernetes.io/name'] ?? name;
      for (const secret of secretsOf(spec.volumes ?? [])) {
        const other = readers.get(secret) ?? service;
        if (other !== service) yield `${service} and ${other} share the secret ${secret}`;
        readers.set(secret, service);
      }
      const secrets = new Set(spec.volumes?.filter(({ secret }) => secret).map((volume) => volume.name));
      for (const mount of container.volumeMounts ?? []) {
        if (secrets.has(mount.name) && !mount.readOnly) yield `${name}: ${mount.mountPath} is writable`;
      }
    }
  },

  *'K-2 every secret that is mounted is made by somebody, and every file is in a volume'(objects) {
    const made = new Set(
      objects.filter(({ kind }) => kind === 'ExternalSecret').map(({ metadata }) => metadata.name),
    );
    const certificates = new Set(
      objects.filter(({ kind }) => kind === 'Certificate').map(({ metadata }) => metadata.name),
    );
    const mounted = new Set(podsOf(objects).flatMap(({ spec }) => secretsOf(spec.volumes ?? [])));
    // The overlay without them takes its secrets from `release.mjs secrets`, which has a test of its own.
    for (const name of made.size > 0 ? mounted : []) {
      if (!made.has(name) && !certificates.has(name)) yield `nobody makes ${name}`;
    }
    for (const name of made) if (!mounted.has(name)) yield `nobody mounts ${name}`;
    for (const { name, environment, container } of ourPods(objects)) {
      for (const [setting, path] of Object.entries(environment)) {
        const isMounted = container.volumeMounts?.some(({ mountPath }) => path.startsWith(`${mountPath}/`));
        if (setting.endsWith('_FILE') && !isMounted) yield `${name}: ${setting} is in no volume`;
      }
    }
  },
};
