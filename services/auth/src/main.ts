import {
  correlation,
  createApplication,
  openInternalServer,
  openServer,
  routeRequests,
  runProcess,
  unavailable,
} from '@agora/chassis';
import { connectDatabase, connectionOf, databaseAnswers, isDatabaseUnavailable } from '@agora/database';
import { authenticate, createVerifier } from '@agora/identity';
import { connectBroker, openOutbox, startRelay } from '@agora/messaging';
import { accessTokens } from './access-tokens.js';
import { readConfig } from './config.js';
import { internalRoutes, routes } from './http/routes.js';
import { countRegistrations } from './limits/count-registrations.js';
import { startDeletingExpiredCounters } from './limits/delete-expired-counters.js';
import { countLogins } from './limits/login-attempts.js';
import { openKeys, verificationKeys } from './keys.js';
import { RefreshToken } from './models/refresh-token.js';
import { Session } from './models/session.js';
import { SigningKey } from './models/signing-key.js';
import { User } from './models/user.js';
import { openPasswords } from './passwords.js';

runProcess('auth', readConfig, async (config, { logger, started, isDraining }) => {
  const database = connectDatabase(config, 'auth', [User, Session, RefreshToken, SigningKey]);
  started({ stop: () => database.close() });
  started(startDeletingExpiredCounters(database, logger));
  const keys = openKeys(config);
  const passwords = await openPasswords(config);
  const translateError = (error: unknown) =>
    isDatabaseUnavailable(error) ? unavailable('The accounts cannot be reached.') : undefined;
  const listen = { host: config.HOST, drainMilliseconds: config.SHUTDOWN_TIMEOUT_SECONDS * 500 };
  started(
    await openInternalServer({
      ...listen,
      port: config.INTERNAL_PORT,
      logger,
      routes: internalRoutes({ keys }),
      translateError,
      isReady: async () => !isDraining() && (await databaseAnswers(database)),
    }),
  );
  const broker = started(connectBroker('auth', config, logger));
  const outbox = openOutbox(database, 'auth', correlation);
  started(startRelay({ outbox, broker, connection: connectionOf(config, 'auth-relay'), logger }));
  const verifier = started(createVerifier(config, logger, verificationKeys(keys)));
  const application = createApplication({
    logger,
    middleware: routeRequests(
      routes({
        keys,
        passwords,
        signAccessToken: accessTokens(keys, config),
        beginLogin: countLogins(database, config, logger),
        countRegistration: countRegistrations(database, config, logger),
      }),
      authenticate(verifier),
    ),
    translateError,
  });
  started(await openServer(application.callback(), { ...listen, port: config.PORT }));
});
