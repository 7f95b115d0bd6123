import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig as readGatewayConfig } from '../../../gateway/src/config.ts';
import { readProvisionSettings } from '../../../packages/database/src/schema/provision-settings.ts';
import { readSettings } from '../../../packages/process/src/settings.ts';
import { readDatabaseSettings } from '../../../tools/operations/src/config.ts';
import { brokerSettings } from '../../../packages/messaging/src/nats/broker.ts';
import * as auth from '../../../services/auth/src/config.ts';
import * as posts from '../../../services/posts/src/config.ts';
import * as votes from '../../../services/votes/src/config.ts';
import { targetOf, type Pod } from './cluster.ts';

const services = new Map(Object.entries({ auth, posts, votes }));

const readStreamSettings = (environment: NodeJS.ProcessEnv) => readSettings(environment, brokerSettings);

/** node itself reads these. */
const namesOfNode = new Set(['NODE_ENV', 'NODE_OPTIONS']);

/** What the product does: said in the manifests to every process that reads it, so that an operator finds it and no two processes differ. */
const productSettings = new Set([
  'PUBLIC_READS',
  'PUBLIC_EMAILS',
  'REQUIRE_CONFIRMED_EMAIL',
  'MAIL_FROM',
  'MAIL_LINK_BASE',
  'MAIL_NOTICES',
]);

/** Lets the code of a pod read its settings as it would there, and sees which it asks for. */
export function* settingsFaults(pod: Pod): Iterable<string> {
  const folder = mkdtempSync(join(tmpdir(), 'agora-k8s-'));
  try {
    const asked = new Set<string>();
    const given = Object.entries(pod.environment).map(([name, value]) => {
      if (!name.endsWith('_FILE')) return [name, value];
      writeFileSync(
        join(folder, name),
        name === 'SMTP_URL_FILE'
          ? 'smtps://user:password@mail.example:465'
          : name.endsWith('_CA_FILE')
            ? '-----BEGIN CERTIFICATE-----'
            : '0123456789abcdef'.repeat(4),
      );
      return [name, join(folder, name)];
    });
    const environment = new Proxy<NodeJS.ProcessEnv>(Object.fromEntries(given), {
      get(values, name: string) {
        asked.add(name);
        return values[name];
      },
    });
    readerOf(pod)(environment);
    for (const name of Object.keys(pod.environment)) {
      if (!asked.has(name) && !namesOfNode.has(name)) yield `${pod.name}: knows no ${name}`;
    }
    for (const name of productSettings) {
      if (asked.has(name) && !Object.hasOwn(pod.environment, name)) yield `${pod.name}: lacks ${name}`;
    }
  } catch (error) {
    yield `${pod.name}: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readerOf(pod: Pod): (environment: NodeJS.ProcessEnv) => unknown {
  const target = targetOf(pod);
  if (target === 'gateway') return readGatewayConfig;
  if (pod.container.args?.[0] === 'deploy/docker/make-streams.mjs') return readStreamSettings;
  const service = services.get(target ?? '');
  if (!service) return readProvisionSettings;
  const [script = '', command] = pod.container.args ?? [];
  if (!script.endsWith('/operate.js')) return service.readConfig;
  if (command === 'keys') return auth.readKeysConfig;
  if (command === 'audit' && 'readAuditConfig' in service) {
    const { readAuditConfig } = service;
    return (environment) => [readDatabaseSettings(environment), readAuditConfig(environment)];
  }
  return readDatabaseSettings;
}
