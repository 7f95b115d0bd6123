import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { checkout } from '../src/stack/checkout.js';
import { permissionsOf, streamPermissionsOf } from '../src/nats/nats-permissions.js';
import { processes } from '../src/stack/topology.js';

describe('the configuration of NATS in docker compose and Kubernetes', () => {
  const [, ...users] = readFileSync(join(checkout, 'deploy/docker/authorization.conf'), 'utf8').split(
    /\buser: /,
  );

  it.each([...processes, 'streams'] as const)(
    'lets %s do what the embedded server lets it do, and nothing else',
    (name) => {
      const entry = users.find((user) => user.startsWith(`${name}\n`)) ?? '';
      const lists = [...entry.matchAll(/(?:allow|deny): \[([^\]]*)\]/g)].map(([, list = '']) =>
        [...list.matchAll(/"([^"]+)"/g)].map(([, subject]) => subject),
      );
      const { publish, subscribe } =
        name === 'streams' ? streamPermissionsOf(name) : permissionsOf(name, name);
      expect(lists).toEqual([publish.allow, publish.deny, subscribe.allow]);
    },
  );
});

describe('what a process may do with NATS', () => {
  it('differs by process, and ends with its own inbox', () => {
    expect(permissionsOf('votes', 'votes_2').subscribe.allow).toEqual(['_INBOX_votes_2.>', 'heartbeat.auth']);
    expect(permissionsOf('gateway', 'gateway').publish.allow).not.toContain('gateway.>');
  });
});
