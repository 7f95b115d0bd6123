import { openServer } from '@agora/http/serve';
import { createLogger } from '@agora/process';
import { createVerifier, type Verifier } from '@agora/identity';
import { createGateway } from '../src/gateway.js';
import { holdStreams, type StreamBounds } from '../src/proxy/hold-streams.js';
import { createLimiter, type Limiter } from '../src/limits/limiter.js';
import type { Rates } from '../src/limits/policies.js';
import { services, type Service } from '../src/routes.js';
import { createUpstream, type Upstream } from '../src/proxy/upstream.js';
import { identity } from './access-token.js';

export interface GatewayOverrides {
  timeoutMilliseconds?: number;
  maxInFlight?: number;
  isDraining?: () => boolean;
  host?: string;
  verifier?: Verifier;
  rates?: Partial<Rates>;
  trustedProxyHops?: number;
  corsOrigins?: string[];
  limiter?: Limiter;
  behindTls?: boolean;
  publicReads?: boolean;
  compresses?: boolean;
  streamBounds?: StreamBounds;
}

export interface RunningGateway {
  port: number;
  stop(): Promise<void>;
}

const logger = createLogger('gateway', 'silent');
/** Where no service is. */
const nobody = 'http://127.0.0.1:9';

const many = { limit: 1_000_000, seconds: 60 };
export const generous: Rates = {
  address: many,
  login: many,
  registration: many,
  refresh: many,
  user: many,
  writes: many,
};

/** The gateway in this process, on a free port, in front of the given origins. */
export async function startGateway(
  origins: Partial<Record<Service, string>>,
  {
    timeoutMilliseconds = 5_000,
    maxInFlight = 1_000,
    isDraining = () => false,
    host = '127.0.0.1',
    verifier = createVerifier(identity, logger, { isRevoked: () => false, areKnown: () => true }),
    rates = {},
    trustedProxyHops = 0,
    corsOrigins = [],
    behindTls = false,
    publicReads = false,
    compresses = false,
    streamBounds = { perUser: 100, perAddress: 100, total: 100 },
    limiter = createLimiter({ ...generous, ...rates }),
  }: GatewayOverrides = {},
): Promise<RunningGateway> {
  const open = (origin: string) => createUpstream({ origin, timeoutMilliseconds, maxInFlight, logger });
  const upstreams = Object.fromEntries(
    services.map((service) => [service, open(origins[service] ?? nobody)]),
  ) as Record<Service, Upstream>;
  const streams = holdStreams(streamBounds);
  const gateway = createGateway({
    verifier,
    upstreams,
    limiter,
    streams,
    trustedProxyHops,
    corsOrigins,
    behindTls,
    publicReads,
    compresses,
    publicUrl: 'https://agora.example',
    version: '1.2.3',
    logger,
    isDraining,
  });
  const server = await openServer(gateway.callback(), {
    host,
    port: 0,
    drainMilliseconds: 2_000,
  });
  return {
    port: server.port,
    async stop() {
      await streams.stop();
      await server.stop();
      await Promise.all(Object.values(upstreams).map((upstream) => upstream.stop()));
      await verifier.stop();
    },
  };
}

/** The same in front of one origin, whichever service is asked. */
export const startGatewayTo = (origin: string, overrides?: GatewayOverrides): Promise<RunningGateway> =>
  startGateway(Object.fromEntries(services.map((service) => [service, origin])), overrides);
