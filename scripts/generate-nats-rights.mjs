/** Writes the permissions of each NATS user from `permissionsOf` into deploy/docker/authorization.conf; with --check it only reports whether the file is stale. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { permissionsOf, streamPermissionsOf } from '../tools/local-stack/dist/index.js';

const path = fileURLToPath(new URL('../deploy/docker/authorization.conf', import.meta.url));

const permissionsFor = (user) => (user === 'streams' ? streamPermissionsOf(user) : permissionsOf(user, user));
const indented = (subjects) =>
  subjects.length === 0
    ? '[]'
    : `[\n${subjects.map((each) => `            "${each}"\n`).join('')}          ]`;

function rightsOf(user) {
  const { publish, subscribe } = permissionsFor(user);
  const reads = subscribe.allow.map((each) => `"${each}"`).join(', ');
  return `      permissions: {
        publish: {
          allow: ${indented(publish.allow)}
          deny: ${indented(publish.deny)}
        }
        subscribe: { allow: [${reads}] }
      }
`;
}

const was = readFileSync(path, 'utf8');
const entry = /(^ {6}user: (\w+)\n {6}password: .*\n)(?: {6}permissions: \{\n[^]*?\n {6}\}\n)?/gm;
const is = was.replaceAll(entry, (_found, login, user) => login + rightsOf(user));
if (is !== was && process.argv.includes('--check')) {
  console.error('deploy/docker/authorization.conf is stale: npm run generate');
  process.exitCode = 1;
} else if (is !== was) writeFileSync(path, is);
