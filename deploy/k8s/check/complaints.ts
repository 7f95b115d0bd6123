import * as client from '@kubernetes/client-node';
import type { RenderedObject } from './render.ts';

/** Custom resources, of which only the operators that own them know the fields. */
const customKinds = new Set([
  'external-secrets.io/v1/ExternalSecret',
  'external-secrets.io/v1/SecretStore',
  'cert-manager.io/v1/Certificate',
  'monitoring.coreos.com/v1/PodMonitor',
  'monitoring.coreos.com/v1/PrometheusRule',
]);

/** What the API server would refuse or, worse, drop in silence. */
export async function complaintsAbout(object: RenderedObject): Promise<string[]> {
  const { apiVersion, kind, metadata } = object;
  const name = `${kind} ${metadata?.name}`;
  if (customKinds.has(`${apiVersion}/${kind}`)) return [];

  let models: Record<string, new (data: object) => { validate(): void }>;
  try {
    models = await import(`kubernetes-models/${apiVersion}`);
  } catch {
    return [`${name}: there is no ${apiVersion}`];
  }
  const Model = models[kind];
  if (!Model) return [`${name}: ${apiVersion} has no ${kind}`];
  return [...violations(new Model(object), name), ...unknownFields(object, typeOf(apiVersion, kind), name)];
}

/** Required fields, types and enumerations. */
function violations(model: { validate(): void }, name: string): string[] {
  try {
    model.validate();
    return [];
  } catch (error) {
    return [`${name}: ${error instanceof Error ? error.message : String(error)}`];
  }
}

interface Attribute {
  baseName: string;
  type: string;
}

const types = client as unknown as Record<string, { getAttributeTypeMap?(): Attribute[] } | undefined>;

/** ('autoscaling/v2', 'HorizontalPodAutoscaler') → 'V2HorizontalPodAutoscaler' */
const typeOf = (apiVersion: string, kind: string) =>
  `${(apiVersion.split('/').at(-1) ?? '').replace(/^v/, 'V')}${kind}`;

/** Fields that the type does not have, in whatever depth: they are dropped by the server, and a misspelt limit is none. */
function unknownFields(value: unknown, type: string, path: string): string[] {
  if (value === null || typeof value !== 'object') return [];
  const item = /^Array<(.*)>$/.exec(type)?.[1];
  if (item) {
    return (value as unknown[]).flatMap((each, index) => unknownFields(each, item, `${path}[${index}]`));
  }
  const entry = /^\{ \[key: string\]: (.*); \}$/.exec(type)?.[1];
  if (entry) {
    return Object.entries(value).flatMap(([key, each]) => unknownFields(each, entry, `${path}.${key}`));
  }
  const attributes = types[type]?.getAttributeTypeMap?.();
  if (!attributes) return type === 'any' || type === 'object' ? [] : [`${path}: no type ${type} is known`];
  return Object.entries(value).flatMap(([key, each]) => {
    const attribute = attributes.find(({ baseName }) => baseName === key);
    return attribute
      ? unknownFields(each, attribute.type, `${path}.${key}`)
      : [`${path}.${key}: ${type} has no such field`];
  });
}
