import { randomUUID } from 'node:crypto';
import {
  forgetStreams,
  openCommands,
  openCourier,
  query,
  startAgora,
  testSecret,
  type Agora,
  type Commands,
  type Courier,
  type Ran,
} from '@agora/testing';

const publishers = ['auth', 'posts', 'votes'] as const;
type Service = (typeof publishers)[number];

/** auth, posts and votes on a database of their own: what other tests leave behind would be drift. */
export interface OperatedAgora {
  agora: Agora;
  courier: Courier;
  sql: typeof query;
  /** Runs a service's command as its operators do: `run('votes', 'audit', '--repair', '--json')`. */
  run<Json>(service: Service, command: string, ...args: string[]): Promise<Ran<Json>>;
  /** The same in a process of its own. */
  start<Json>(service: Service, command: string, ...args: string[]): Promise<Ran<Json>>;
  stop(): Promise<void>;
}

export async function startOperatedAgora(): Promise<OperatedAgora> {
  const database = `agora_operated_${randomUUID().replaceAll('-', '')}`;
  await query(`CREATE DATABASE ${database} TEMPLATE agora_template`);
  const courier = await openCourier();
  await forgetStreams();
  const agora = await startAgora(publishers, { environment: { DATABASE_NAME: database } });
  const environment = Object.fromEntries(
    publishers.flatMap((name) => [
      [`${name.toUpperCase()}_INTERNAL_SECRET`, testSecret],
      [`${name.toUpperCase()}_INTERNAL_URL`, `http://127.0.0.1:${agora.ports[name].internalPort}`],
    ]),
  );
  const commands = Object.fromEntries(
    publishers.map((name) => [name, openCommands(name, environment, database)]),
  ) as Record<Service, Commands>;
  return {
    agora,
    courier,
    sql: (text, values) => query(text, values, database),
    run: (service, command, ...args) => commands[service].run(command, args),
    start: (service, command, ...args) => commands[service].start(command, args),
    async stop() {
      await Promise.all(publishers.map((name) => commands[name].stop()));
      await agora.stop();
      await forgetStreams();
      await courier.close();
      await query(`DROP DATABASE ${database} WITH (FORCE)`);
    },
  };
}
