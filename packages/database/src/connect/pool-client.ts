import pg from 'pg';
import { leavesConnectionUseless } from './errors.js';

/** The shortest time between two replacements of all connections because of a bad one: otherwise, while a server stays read-only, each write would cost every read a new connection. */
const suspicionMilliseconds = 1_000;

/** What Sequelize's pool checks before it hands out a connection. */
export type PooledConnection = pg.Client & { _invalid?: boolean };

/**
 * Makes the class of a pool's connections. One is closed instead of being handed out again when it is older than `maxMilliseconds`, or when
 * the server has answered it, or an earlier one, with an error after which a connection is of no use: what one connection meets
 * (a primary that is a standby now, a plan that a migration broke) the others of the same age meet too.
 */
export function poolClients(maxMilliseconds: number): typeof pg.Client {
  /** Connections that were opened before are not used again. */
  let trustedSince = -Infinity;
  return class PoolClient extends pg.Client {
    /** The pool of Sequelize that it belongs to; Sequelize sets it too late for an error during the connection. */
    queryType: 'read' | 'write' = 'write';
    readonly #opened = performance.now();
    // Spread out: otherwise connections that were opened together would also be replaced together.
    readonly #expires = this.#opened + maxMilliseconds * (0.9 + Math.random() * 0.2);
    #isBroken = false;

    constructor(config?: pg.ClientConfig) {
      super(config);
      // Sequelize listens only some time after the server has let the connection in: an error in that moment would end this process. The next statement reports it anyway.
      this.on('error', () => undefined);
      // The one place that sees what the server answers to Sequelize's own statements too.
      protocolOf(this).on('errorMessage', (error) => {
        if (leavesConnectionUseless(error)) this.#distrust();
      });
    }

    #distrust(): void {
      this.#isBroken = true;
      const now = performance.now();
      if (now - trustedSince > suspicionMilliseconds) trustedSince = now;
    }

    get _invalid(): boolean {
      return this.#isBroken || this.#opened < trustedSince || performance.now() > this.#expires;
    }

    set _invalid(isInvalid: boolean) {
      this.#isBroken ||= isInvalid;
    }
  };
}

interface Protocol {
  on(event: 'errorMessage', listener: (error: Error) => void): void;
}

/** pg's types do not show it. */
const protocolOf = (client: pg.Client): Protocol =>
  (client as unknown as { connection: Protocol }).connection;
