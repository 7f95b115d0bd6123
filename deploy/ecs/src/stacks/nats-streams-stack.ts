import { Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { allowToRun } from '../constructs/allow-to-run.js';
import type { Surroundings } from '../constructs/fargate-service.js';
import { hardenedTask, imageDigest } from '../constructs/hardened-task.js';
import { natsSettings, type NatsSecretsStack } from './nats-stack.js';

export interface NatsStreamsStackProps extends StackProps, Surroundings {
  nats: NatsSecretsStack;
}

/** The task that makes the streams, or brings them to the settings; run once the servers of NATS are there, and after a setting was changed. */
export class NatsStreamsStack extends Stack {
  constructor(scope: Construct, id: string, props: NatsStreamsStackProps) {
    super(scope, id, props);
    const { network, delivery, cluster, nats } = props;
    const task = hardenedTask(this, {
      name: 'streams',
      cpu: 256,
      memory: 512,
      repository: delivery.repository.setup,
      digest: imageDigest(this),
      logKey: cluster.logKey,
      command: ['deploy/docker/make-streams.mjs'],
      environment: { ...natsSettings, NATS_USER: 'streams', NODE_ENV: 'production' },
      secrets: { NATS_PASSWORD: nats.password.streams },
    });
    allowToRun(this, { task, network, cluster, group: 'streams', deployer: delivery.deployer.setup });
  }
}
