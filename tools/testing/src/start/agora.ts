import { fileURLToPath } from 'node:url';
import {
  entryPoint,
  environmentOf,
  forEachService,
  services,
  type Ports,
  type ProcessName,
  type StackAddresses,
} from '@agora/local-stack';
import { openCourier } from '../ask/events.js';
import { portsForAll } from './ports.js';
import { startProcess, type RunningProcess } from './running-process.js';
import { currentStack } from '../stack.js';
import { testSecret } from '../ask/tokens.js';

const repository = fileURLToPath(new URL('../../../..', import.meta.url));

/** Some processes of Agora on this worker's database and its share of NATS. */
export interface Agora {
  /** The ports of all processes, also of those that were not started: a test may listen there itself. */
  ports: Record<ProcessName, Ports>;
  process(name: ProcessName): RunningProcess;
  /** The secret with which processes ask auth for revocations. */
  revocationsSecret: string;
  /** Starts one more. */
  start(name: ProcessName): Promise<RunningProcess>;
  stop(): Promise<void>;
}

export interface AgoraOptions {
  /** HS256 lets a test sign tokens itself (`tokenFor`), so that auth need not run. */
  algorithm?: 'HS256' | 'ES256';
  /** Settings for all, which may depend on the ports that were found for them. */
  environment?: Environment | ((ports: Record<ProcessName, Ports>) => Promise<Environment>);
}

type Environment = Record<string, string>;

const revocationsSecret = testSecret.toUpperCase();

const attempts = 5;

/** Starts real processes of Agora and waits until they are ready. */
export async function launchAgora(names: readonly ProcessName[], options: AgoraOptions): Promise<Agora> {
  await ensureStreams();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startAll(names, options);
    } catch (error) {
      // Another test run may have taken a port between its being found free and its being listened on.
      if (attempt === attempts || !String(error).includes('EADDRINUSE')) throw error;
    }
  }
}

async function startAll(names: readonly ProcessName[], options: AgoraOptions): Promise<Agora> {
  const addresses = await addressesOf();
  const given = options.environment ?? {};
  const environment = typeof given === 'function' ? await given(addresses.ports) : given;
  const running = new Map<ProcessName, RunningProcess>();
  const start = async (name: ProcessName) => {
    // A second one could not listen, and the first would answer in its place.
    if (running.get(name)?.isRunning()) throw new Error(`${name} is running already`);
    const started = await startProcess({
      ...addresses.ports[name],
      entry: entryPoint(repository, name),
      environment: { ...environmentFor(name, addresses, options), ...environment },
    });
    running.set(name, started);
    return started;
  };
  const stop = async () => {
    await Promise.all([...running.values()].map((each) => each.end()));
  };
  const results = await Promise.allSettled(names.map(start));
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : []));
  if (failures.length > 0) {
    await stop();
    throw new Error(failures.join('\n'));
  }
  return {
    ports: addresses.ports,
    revocationsSecret,
    process: (name) => {
      const found = running.get(name);
      if (!found) throw new Error(`${name} was not started`);
      return found;
    },
    start,
    stop,
  };
}

/** Every process waits for the stream of auth, which need not run in a test. */
async function ensureStreams(): Promise<void> {
  const courier = await openCourier();
  for (const service of services) await courier.ensureStream(service);
  await courier.close();
}

async function addressesOf(): Promise<StackAddresses> {
  const { postgres, databasePasswords, nats, mailbox, worker } = currentStack();
  return {
    ports: await portsForAll(),
    database: { host: postgres.host, port: postgres.port, name: worker.database },
    databasePasswords,
    nats: { url: nats.url, users: worker.natsUsers },
    mailbox,
    internalSecrets: forEachService(() => testSecret),
    revocationsSecret,
    signingKeySecret: testSecret,
    cursorSecret: testSecret,
    secretKey: testSecret,
  };
}

const environmentFor = (
  name: ProcessName,
  addresses: StackAddresses,
  { algorithm = 'HS256' }: AgoraOptions,
) => ({
  ...environmentOf(name, addresses, {
    ...process.env,
    ALGORITHM: algorithm,
    SECRET_KEY: testSecret,
    BCRYPT_COST: '10',
    TOKEN_ISSUER: 'agora',
  }),
  NODE_ENV: 'test',
});
