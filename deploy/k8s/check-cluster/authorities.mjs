import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const certificates = {
  nats: ['nats', '*.nats-cluster'],
  postgres: ['postgres'],
};

/** What cert-manager and an operator would make: an authority of one day, the Secrets `nats-tls` and `postgres-tls`, the ConfigMap `authorities`. */
export function makeAuthorities(namespace) {
  const folder = mkdtempSync(join(tmpdir(), 'agora-authority-'));
  const openssl = (...args) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const read = (file) => readFileSync(join(folder, file), 'utf8');
  try {
    openssl(
      'req',
      '-x509',
      ...key,
      '-days',
      '1',
      '-subj',
      '/CN=agora-check',
      '-keyout',
      'ca.key',
      '-out',
      'ca.crt',
    );
    const secrets = Object.entries(certificates).map(([name, hosts]) => {
      const names = hosts.map((host) => `DNS:${host}`).join(',');
      writeFileSync(
        join(folder, 'names'),
        `subjectAltName=${names}\nextendedKeyUsage=serverAuth,clientAuth\n`,
      );
      openssl('req', ...key, '-subj', `/CN=${name}`, '-keyout', 'tls.key', '-out', 'tls.csr');
      const ca = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '1'];
      openssl('x509', '-req', '-in', 'tls.csr', ...ca, '-out', 'tls.crt', '-extfile', 'names');
      const stringData = Object.fromEntries(
        ['tls.crt', 'tls.key', 'ca.crt'].map((file) => [file, read(file)]),
      );
      return { apiVersion: 'v1', kind: 'Secret', metadata: { name: `${name}-tls`, namespace }, stringData };
    });
    const data = { 'database.pem': read('ca.crt'), 'nats.pem': read('ca.crt') };
    return [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'authorities', namespace }, data },
      ...secrets,
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}
