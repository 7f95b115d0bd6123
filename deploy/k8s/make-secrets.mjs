/**
 * `node make-secrets.mjs`: prints the Secrets that the pods mount, each with random values, as one List for `kubectl create`.
 * Secrets that go together (the password of a role, and of who connects as it) get the same value.
 */
import { randomBytes } from 'node:crypto';
import { secretFiles } from '../docker/secret-files.mjs';

const made = new Map();

const list = {
  apiVersion: 'v1',
  kind: 'List',
  items: Object.entries(secretFiles(secret)).map(([name, stringData]) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'agora', labels: { 'app.kubernetes.io/part-of': 'agora' } },
    stringData,
  })),
};
process.stdout.write(`${JSON.stringify(list, undefined, 2)}\n`);

/** The value of that name: 256 random bits, the same wherever it is asked for. */
function secret(name) {
  if (!made.has(name)) made.set(name, randomBytes(32).toString('hex'));
  return made.get(name);
}
