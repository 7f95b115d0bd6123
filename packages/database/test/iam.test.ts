import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import Joi from 'joi';
import pg from 'pg';
import { connectDatabase, connectionOf, databaseSettings } from '../src/index.js';

/** Just enough of a PostgreSQL server to receive a password, which it then refuses. */
function listenForPasswords(given: string[]): Server {
  return createServer((socket) => {
    socket.once('data', () => {
      // AuthenticationCleartextPassword: it is what RDS asks for when IAM lets in.
      socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]));
      socket.once('data', (message: Buffer) => {
        given.push(message.subarray(5, -1).toString());
        socket.destroy();
      });
    });
  });
}

describe('a database with IAM authentication', () => {
  const given: string[] = [];
  const server = listenForPasswords(given);
  const settings = () => ({
    DATABASE_HOST: '127.0.0.1',
    DATABASE_PORT: (server.address() as AddressInfo).port,
    DATABASE_NAME: 'agora',
    DATABASE_USER: 'votes_app',
    DATABASE_AUTH: 'iam' as const,
    DATABASE_POOL_MAX: 2,
  });
  const token = () =>
    new RegExp(
      `^127\\.0\\.0\\.1:${settings().DATABASE_PORT}/\\?Action=connect&DBUser=votes_app&.*X-Amz-Signature=`,
    );

  beforeAll(async () => {
    jest.replaceProperty(process, 'env', {
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'nobody will ever check this',
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  afterAll(() => {
    jest.restoreAllMocks();
    server.close();
  });

  it('gets a token from each connection of the pool', async () => {
    const database = connectDatabase(settings(), 'test', []);
    await expect(database.authenticate()).rejects.toThrow('Connection terminated');
    await database.close();
    expect(given.pop()).toMatch(token());
  });

  it('gets a token from a connection outside the pool', async () => {
    await expect(new pg.Client(connectionOf(settings(), 'test')).connect()).rejects.toThrow(
      'Connection terminated',
    );
    expect(given.pop()).toMatch(token());
  });

  it('needs TLS and no password', () => {
    const errors = (more: object) =>
      Joi.object(databaseSettings)
        .validate({ DATABASE_USER: 'votes_app', ...more }, { abortEarly: false })
        .error?.details.map(({ path }) => path.join('.'));
    const authority = '-----BEGIN CERTIFICATE-----';
    expect(errors({ DATABASE_AUTH: 'iam' })).toEqual(['DATABASE_SSL_CA']);
    expect(errors({ DATABASE_AUTH: 'iam', DATABASE_SSL_CA: authority })).toBeUndefined();
    expect(errors({})).toEqual(['DATABASE_PASSWORD']);
  });
});
