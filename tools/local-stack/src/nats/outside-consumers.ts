import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { outsideConsumersOf, type OutsideConsumer } from '@agora/messaging/outside-consumers';
import type { Layout } from '../stack/checkout.js';
import type { NatsAccount } from './nats-config.js';
import { permissionsOf, streamPermissionsOf } from './nats-permissions.js';
import type { Secrets } from '../stack/secrets.js';
import { processes } from '../stack/topology.js';

/** A team outside of Agora that reads events. */
export interface Reader {
  password: string;
  /** Publishers, of which it reads all, and event types. */
  reads: string[];
}

/** The teams that read events of the stack in this folder, by their names. */
export function keptConsumers({ consumers: path }: Layout): Record<string, Reader> {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, Reader>) : {};
}

/** Keeps them for this start and all that follow. */
export function keepConsumers({ consumers: path }: Layout, readers: Record<string, Reader>): void {
  writeFileSync(`${path}.draft`, JSON.stringify(readers, null, 2), { mode: 0o600 });
  renameSync(`${path}.draft`, path);
}

/** Over how many streams each publisher's events are split. */
export const partitionsOf = ({ EVENT_PARTITIONS: partitions }: NodeJS.ProcessEnv): number =>
  Number(partitions) || 1;

/** What `OUTSIDE_CONSUMERS` says of them. */
export const settingOf = (readers: Record<string, Pick<Reader, 'reads'>>): string =>
  Object.entries(readers)
    .map(([name, { reads }]) => `${name}=${reads.join(',')}`)
    .join(' ');

/** What is asked of JetStream by way of `apiPrefix` in an account of somebody else: that name belongs to the account itself. */
export const apiPrefix = 'agora';

/**
 * Who may log in to the embedded server: Agora's own account, and one for each reader. A reader that shared Agora's account could name a
 * subject of Agora's for the answers to its requests, and so have JetStream write there in its place; from an account of its own it reaches
 * what is exported to it and nothing else.
 */
export function natsAccountsOf(
  { nats: passwords }: Pick<Secrets, 'nats'>,
  readers: Record<string, Reader>,
): NatsAccount[] {
  const outside = Object.entries(readers).map(([name, { password, reads }]) => {
    const consumers = reads.flatMap((source) => outsideConsumersOf(name, source, partitionsOf(process.env)));
    return { name, password, consumers };
  });
  const logins = processes.map((name) => ({
    user: name,
    password: passwords[name],
    permissions: permissionsOf(name, name),
  }));
  const everything = outside.flatMap(({ consumers }) => consumers);
  const streams = {
    user: 'streams',
    password: passwords.streams,
    permissions: streamPermissionsOf('streams', everything),
  };
  return [
    {
      name: 'AGORA',
      users: [...logins, streams],
      exports: outside.flatMap(({ name, consumers }) => exportsTo(name, consumers)),
    },
    ...outside.map(({ name, password, consumers }) => ({
      name,
      users: [{ user: name, password }],
      imports: consumers.flatMap(importsOf),
    })),
  ];
}

/** What Agora's account lets that of a reader ask: how its consumer stands, for the next messages, and to have them acknowledged. */
export const exportsTo = (reader: string, consumers: readonly OutsideConsumer[]): object[] =>
  consumers
    .flatMap(({ stream, durable }) => [
      { service: `$JS.API.CONSUMER.INFO.${stream}.${durable}` },
      { service: `$JS.API.CONSUMER.MSG.NEXT.${stream}.${durable}`, response_type: 'Stream' },
      { service: `$JS.ACK.${stream}.${durable}.>` },
    ])
    .map((service) => Object.assign(service, { accounts: [reader] }));

/** The same from the other side. */
export const importsOf = ({ stream, durable }: OutsideConsumer): object[] => [
  ...['INFO', 'MSG.NEXT'].map((verb) => ({
    service: { account: 'AGORA', subject: `$JS.API.CONSUMER.${verb}.${stream}.${durable}` },
    to: `${apiPrefix}.CONSUMER.${verb}.${stream}.${durable}`,
  })),
  { service: { account: 'AGORA', subject: `$JS.ACK.${stream}.${durable}.>` } },
];
