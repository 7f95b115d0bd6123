import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { readConfig as readGatewayConfig } from '../../../gateway/src/config.ts';
import { readProvisionSettings } from '../../../packages/database/src/schema/provision-settings.ts';
import { readConfig as readAuthConfig } from '../../../services/auth/src/config.ts';
import { readConfig as readPostsConfig } from '../../../services/posts/src/config.ts';
import { readConfig as readVotesConfig } from '../../../services/votes/src/config.ts';

/** The names that a reader looks up, including optional ones, whether or not it accepts their values. */
function askedBy(read: (environment: NodeJS.ProcessEnv) => unknown): string[] {
  const asked = new Set<string>();
  const environment = new Proxy<NodeJS.ProcessEnv>({}, { get: (_, name: string) => void asked.add(name) });
  try {
    read(environment);
  } catch {
    // Nothing is set.
  }
  return [...asked].filter((name) => !name.endsWith('_FILE'));
}

it('.env.example has every setting that a process reads, and no other', () => {
  const readers = [
    readGatewayConfig,
    readAuthConfig,
    readPostsConfig,
    readVotesConfig,
    readProvisionSettings,
  ];
  const asked = new Set(readers.flatMap(askedBy));
  const example = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8');
  const listed = new Set([...example.matchAll(/^([A-Z][A-Z_]*)=/gm)].map(([, name]) => name));
  expect([...listed].toSorted()).toEqual([...asked].toSorted());
});
