import { openInternalServer, openServer } from '@agora/http/serve';
import { runProcess } from '@agora/process';
import { createVerifier, followRevocations } from '@agora/identity';
import { connectBroker } from '@agora/messaging/reading';
import { ratesOf, readConfig, urlSetting } from './config.js';
import { createGateway, type GatewayOptions } from './gateway.js';
import { holdStreams } from './proxy/hold-streams.js';
import { costOfStreamMinute } from './limits/cost.js';
import { openSharedLimiter } from './limits/share-counts.js';
import { services, type Service } from './routes.js';
import { createUpstream } from './proxy/upstream.js';

runProcess('gateway', readConfig, async (settings, { logger, started, isDraining }) => {
  const host = settings.HOST;
  const drainMilliseconds = settings.SHUTDOWN_TIMEOUT_SECONDS * 1_000 * 0.8;

  const broker = started(connectBroker('gateway', settings, logger));
  const revocations = started(followRevocations(settings, broker, logger));
  const verifier = started(createVerifier(settings, logger, revocations));
  const upstreamOf = (service: Service) =>
    started(
      createUpstream({
        origin: settings[urlSetting(service)],
        timeoutMilliseconds: settings.UPSTREAM_TIMEOUT_SECONDS * 1_000,
        maxInFlight: settings.UPSTREAM_MAX_REQUESTS,
        logger: logger.child({ upstream: service }),
      }),
    );
  const upstreams = Object.fromEntries(
    services.map((service) => [service, upstreamOf(service)]),
  ) as GatewayOptions['upstreams'];
  const limiter = started(openSharedLimiter(ratesOf(settings), broker));
  const streams = holdStreams(
    {
      perUser: settings.LIVE_STREAMS_PER_USER,
      perAddress: settings.LIVE_STREAMS_PER_ADDRESS,
      total: settings.LIVE_STREAMS_MAX,
    },
    ({ policy, key }) => void limiter.charge(policy, key, costOfStreamMinute),
  );
  const gateway = createGateway({
    verifier,
    upstreams,
    limiter,
    streams,
    trustedProxyHops: settings.TRUSTED_PROXY_HOPS,
    corsOrigins: settings.CORS_ALLOWED_ORIGINS,
    behindTls: settings.NODE_ENV === 'production',
    publicReads: settings.PUBLIC_READS,
    compresses: settings.COMPRESS_ANSWERS,
    publicUrl: settings.PUBLIC_URL,
    version: settings.VERSION,
    logger,
    isDraining,
  });

  // Started before the public server, so that it is stopped after it and can report that the process drains.
  started(
    await openInternalServer({
      host,
      port: settings.INTERNAL_PORT,
      drainMilliseconds,
      logger,
      isReady: () => !isDraining() && verifier.isReady(),
      dependenciesAnswer: broker.answers,
    }),
  );
  const noticeMilliseconds = settings.SHUTDOWN_NOTICE_SECONDS * 1_000;
  started(
    await openServer(gateway.callback(), {
      host,
      port: settings.PORT,
      drainMilliseconds,
      noticeMilliseconds,
    }),
  );
  // Before the server, which waits for all answers under way.
  started(streams);
});
