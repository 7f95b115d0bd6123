import { join } from 'node:path';
import { checkout, layoutOf, processes, services } from '@agora/local-stack';
import { openGenerator, type LoadGenerator } from './load/load.js';
import type { Options } from './options.js';
import { makeTemplate } from './system/databases.js';
import { startServers, type Servers, type SystemName } from './system/servers.js';
import { collectStops, type Stops } from './system/stops.js';
import { startSystem, type System } from './system/system.js';
import { makeSigningKey, type SigningKey } from './system/tokens.js';

/** What measures are taken with. */
export interface Bench {
  options: Options;
  servers: Servers;
  /** What is measured, its processes all there. */
  system: System;
  /** The services on ten times the data too, or from scale 10 on a tenth, from when they are first asked for; the larger of the two is `large`. */
  bothSizes(): Promise<{ small: System; large: System }>;
  key: SigningKey;
  generator: LoadGenerator;
  /** For background load during a measurement. */
  otherGenerator: LoadGenerator;
  /** Accounts that have cast no vote; each is given out once. */
  takeVoters(count: number): number[];
  /** Whatever is started while measuring is added here. */
  stops: Stops;
  folder: string;
  logs: string;
  signal: AbortSignal;
  announce(line: string): void;
}

export interface BenchOptions extends Pick<Bench, 'options' | 'folder' | 'signal' | 'announce'> {}

/** Where reports, profiles and logs go. */
export const dataFolder = join(layoutOf(checkout).data, 'bench');

/** As many streams from this one address as the measure of that name asks for. */
const streamSettings = { LIVE_STREAMS_MAX: '10000', LIVE_STREAMS_PER_ADDRESS: '10000' };

/** A tenth of the cost of a hash is enough where figures say nothing. */
const smokeSettings = { BCRYPT_COST: '10' };

/** Starts what every measure needs; `stops` holds all that was started, also when that fails. */
export async function openBench(given: BenchOptions, stops: Stops = collectStops()): Promise<Bench> {
  const { options, folder, signal, announce } = given;
  const logs = join(dataFolder, 'logs');
  const key = makeSigningKey();
  const servers = await startServers({ folder, logs, signal, announce }, stops);
  await makeTemplate(servers, signal);
  const settings: Record<string, string> = {
    ...streamSettings,
    ...(options.smoke && smokeSettings),
  };
  const shared = { servers, key, logs, signal, announce, settings, spare: options.smoke ? 100 : 3_000 };
  const profile = options.profile && { name: options.profile, folder: join(dataFolder, 'profiles') };
  const system = await startSystem(
    { ...shared, name: 'usual', scale: options.scale, names: processes, profile },
    stops,
  );
  const [generator, otherGenerator] = [openGenerator(signal), openGenerator(signal)];
  stops.add(() => Promise.all([generator.stop(), otherGenerator.stop()]));
  const voters = [...system.data.voters];
  const isLarge = options.scale >= 10;
  let both: ReturnType<Bench['bothSizes']> | undefined;
  const start = (name: SystemName, scale: number) =>
    startSystem({ ...shared, name, scale, names: services, ports: system.ports }, stops);
  return {
    ...given,
    servers,
    system,
    bothSizes() {
      both ??= isLarge
        ? start('small', options.scale / 10).then((small) => ({ small, large: system }))
        : start('large', options.scale * 10).then((large) => ({ small: system, large }));
      return both;
    },
    key,
    generator,
    otherGenerator,
    takeVoters(count) {
      const taken = voters.splice(0, count);
      if (taken.length === count) return taken;
      throw new Error('there are not enough accounts for so many rounds: use a larger --scale');
    },
    stops,
    logs,
  };
}
