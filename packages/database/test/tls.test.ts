import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPostgres } from '@agora/local-stack';
import { eventually } from '@agora/testing';
import pg from 'pg';
import { generate } from 'selfsigned';
import { connectionOf } from '../src/index.js';

describe('a database with TLS', () => {
  let server: Awaited<ReturnType<typeof startPostgres>>;
  let folder: string;
  let certificate: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'agora-tls-'));
    // Also the unprivileged user that root's PostgreSQL runs as has to get in.
    chmodSync(folder, 0o711);
    server = await startPostgres({
      dataDirectory: join(folder, 'postgres'),
      password: 'a password for this test',
      durable: false,
      logFile: join(folder, 'postgres.log'),
    });
    const made = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
    });
    certificate = made.cert;
    installCertificate(server.dataDirectory, made);
    await asSuperuser("ALTER SYSTEM SET ssl = 'on'");
    await asSuperuser('SELECT pg_reload_conf()');
    // A reload is asynchronous.
    await eventually(async () => {
      if ((await attempt(certificate)) !== 'encrypted') throw new Error('TLS is not on yet');
    });
  }, 30_000);
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const asSuperuser = async (statement: string) => {
    const { host, port, user, password } = server;
    const client = new pg.Client({ host, port, user, password, database: 'postgres' });
    await client.connect();
    await client.query(statement);
    await client.end();
  };

  /** Connects as a service would; returns whether the connection is encrypted, or why it was refused. */
  const attempt = async (authority: string | undefined, host = server.host): Promise<string> => {
    const settings = {
      DATABASE_HOST: host,
      DATABASE_PORT: server.port,
      DATABASE_NAME: 'postgres',
      DATABASE_USER: server.user,
      DATABASE_PASSWORD: server.password,
      ...(authority && { DATABASE_SSL_CA: authority }),
    };
    const client = new pg.Client(connectionOf(settings, 'test'));
    try {
      await client.connect();
      const { rows } = await client.query<{ ssl: boolean }>(
        'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
      );
      return rows[0]?.ssl ? 'encrypted' : 'plain';
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? String(error);
    } finally {
      await client.end();
    }
  };

  it('is reached over TLS when its authority is known', async () => {
    expect(await attempt(certificate)).toBe('encrypted');
    expect(await attempt(undefined)).toBe('plain');
  });

  it('is refused when its certificate comes from another authority', async () => {
    const other = await generate([{ name: 'commonName', value: '127.0.0.1' }]);
    expect(await attempt(other.cert)).toMatch(/SELF_SIGNED|UNABLE_TO_VERIFY/);
  });

  it('is refused under a name that is not in its certificate', async () => {
    expect(await attempt(certificate, 'localhost')).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
  });
});

/** The key must belong to the user whom the server runs as. */
function installCertificate(
  dataDirectory: string,
  { cert, private: key }: { cert: string; private: string },
): void {
  const { uid, gid } = statSync(dataDirectory);
  for (const [file, content] of [
    ['server.crt', cert],
    ['server.key', key],
  ] as const) {
    writeFileSync(join(dataDirectory, file), content, { mode: 0o600 });
    chownSync(join(dataDirectory, file), uid, gid);
  }
}
