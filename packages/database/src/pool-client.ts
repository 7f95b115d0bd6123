import pg from 'pg';

/**
 * A connection of the pool. Sequelize listens for its errors only some time after the server has let it in: one that comes in that
 * moment, of a server that is ending, would end this process. The next statement reports it anyway.
 */
export class PoolClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }
}
