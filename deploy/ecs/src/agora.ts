import { App, Aspects, Tags, type AppProps } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks } from 'cdk-nag';
import { AuditStack } from './stacks/audit-stack.js';
import { ClusterStack } from './stacks/cluster-stack.js';
import { readConfig } from './config.js';
import { DashboardStack } from './stacks/dashboard-stack.js';
import { DatabaseStack, owners } from './stacks/database-stack.js';
import { DeliveryStack } from './stacks/delivery-stack.js';
import { featureFlags } from './feature-flags.js';
import { GatewayStack } from './stacks/gateway-stack.js';
import { InternalSecretsStack } from './stacks/internal-secrets-stack.js';
import { MigrationStack } from './stacks/migration-stack.js';
import { NatsNodeStack, NatsSecretsStack } from './stacks/nats-stack.js';
import { NatsStreamsStack } from './stacks/nats-streams-stack.js';
import { NetworkStack } from './stacks/network-stack.js';
import { ServiceStack } from './stacks/service-stack.js';

/** Every stack of Agora, in the order in which they are first deployed. */
export function agora(props: AppProps = {}): App {
  const app = new App({ analyticsReporting: false, context: featureFlags, ...props });
  const config = readConfig(app.node);
  const env = { region: config.region };

  const delivery = new DeliveryStack(app, 'AgoraDelivery', { env, config });
  const network = new NetworkStack(app, 'AgoraNetwork', { env, config });
  const cluster = new ClusterStack(app, 'AgoraCluster', { env, network });
  const surroundings = { env, network, delivery, cluster };
  const database = new DatabaseStack(app, 'AgoraDatabase', { ...surroundings, config });
  const nats = new NatsSecretsStack(app, 'AgoraNatsSecrets', { env });
  new NatsStreamsStack(app, 'AgoraNatsStreams', { ...surroundings, nats });
  const internal = new InternalSecretsStack(app, 'AgoraInternalSecrets', { env });
  for (const node of [1, 2, 3])
    new NatsNodeStack(app, `AgoraNats${node}`, { ...surroundings, node, secrets: nats });
  for (const service of owners) {
    const name = service[0]?.toUpperCase() + service.slice(1);
    new MigrationStack(app, `Agora${name}Migration`, { ...surroundings, service, database });
    new ServiceStack(app, `Agora${name}`, {
      ...surroundings,
      config,
      service,
      database,
      nats,
      internal,
    });
  }
  for (const service of ['posts', 'votes'] as const)
    new AuditStack(app, `Agora${service === 'posts' ? 'Posts' : 'Votes'}Audit`, {
      ...surroundings,
      service,
      database,
      internal,
    });
  new GatewayStack(app, 'AgoraGateway', { ...surroundings, config, nats, internal });
  new DashboardStack(app, 'AgoraDashboard', { env });

  Tags.of(app).add('application', 'agora');
  Aspects.of(app).add(new AwsSolutionsChecks({ verbose: true }));
  return app;
}
