import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { secretFiles } from '../../docker/secret-files.mjs';
import { Failure } from './failure.mjs';
import { parseObjects, ours } from './objects.mjs';

const namespaceFile = fileURLToPath(new URL('../base/namespace.yaml', import.meta.url));

/** All Secrets, each value random, those that go together the same. */
export const randomSecrets = (namespace) => secretsOf(secretFiles(namedValues(new Map())), namespace);

/**
 * Creates the Secrets, and the files in Secrets, that the cluster lacks; existing values stay and are copied to the other Secrets that need them.
 * Resolves with the names of what was made.
 */
export async function makeSecrets(kubectl, namespace) {
  await kubectl.apply(await readNamespace(kubectl, namespace));
  const objects = new Map((await kubectl.list('secrets')).map((each) => [each.metadata.name, each]));
  const there = new Map([...objects].map(([name, { data = {} }]) => [name, decoded(data)]));
  const known = valuesOf(there);
  const before = new Set(known.keys());
  const wanted = secretFiles(namedValues(known));
  const isChanged = [...known.keys()].some((name) => name.endsWith('-nats') && !before.has(name));

  const made = [];
  for (const secret of secretsOf(wanted, namespace)) {
    const { name } = secret.metadata;
    const files = there.get(name);
    const missing = Object.entries(secret.stringData).filter(
      ([file]) => !files || !Object.hasOwn(files, file) || (name === 'nats' && isChanged),
    );
    if (missing.length === 0) continue;
    if (!files) await kubectl.run(['create', '--filename', '-'], JSON.stringify(secret));
    else {
      // By standard input: arguments are for everybody on this machine to see, and `kubectl patch` can't read that of another program.
      const whole = { ...objects.get(name), stringData: Object.fromEntries(missing) };
      await kubectl.run(['replace', '--filename', '-'], JSON.stringify(whole));
    }
    made.push(files ? `${name} (${missing.map(([file]) => file).join(', ')})` : name);
  }
  return made;
}

/** With the labels that say what its pods may do. */
async function readNamespace(kubectl, namespace) {
  const args = ['label', '--local', '--filename', namespaceFile, '--output', 'json', ours];
  const objects = parseObjects(await kubectl.run(args));
  for (const { metadata } of objects) metadata.name = namespace;
  return objects;
}

/** name → value: 256 random bits, the same wherever it is asked for. */
const namedValues = (known) => (name) => {
  if (!known.has(name)) known.set(name, randomBytes(32).toString('hex'));
  return known.get(name);
};

/** Which value each name has in the Secrets that are there. */
function valuesOf(there) {
  const values = new Map();
  const mark = (name) => `name of ${name}`;
  for (const [secret, files] of Object.entries(secretFiles(mark))) {
    for (const [file, content] of Object.entries(files)) {
      const name = /^name of (.*)$/.exec(content)?.[1];
      const value = there.get(secret)?.[file];
      if (!name || value === undefined) continue;
      if ((values.get(name) ?? value) !== value)
        throw new Failure(
          `${file} of the Secret ${secret} has another value than where it is needed besides`,
          ['Both ends must know the same. Delete the one that is wrong, and make it again.'],
        );
      values.set(name, value);
    }
  }
  return values;
}

const secretsOf = (files, namespace) =>
  Object.entries(files).map(([name, stringData]) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, labels: { 'app.kubernetes.io/part-of': 'agora' } },
    type: 'Opaque',
    stringData,
  }));

const decoded = (data) =>
  Object.fromEntries(
    Object.entries(data).map(([file, value]) => [file, Buffer.from(value, 'base64').toString()]),
  );
