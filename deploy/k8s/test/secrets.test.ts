import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import bcrypt from 'bcrypt';
import { hashPassword } from '../../docker/bcrypt.mjs';
import { canRender, renderOverlay } from '../check/render.ts';
import { podsOf, secretsOf } from './cluster.ts';
import { fakeKubectl } from './fake-kubectl.ts';

interface Secret {
  metadata: { name: string };
  stringData: Record<string, string>;
}

const command = join(import.meta.dirname, '../release.mjs');
const { items } = JSON.parse(
  execFileSync(process.execPath, [command, 'secrets', '--print'], { encoding: 'utf8' }),
) as {
  items: Secret[];
};
const made = new Map(items.map(({ metadata, stringData }) => [metadata.name, stringData]));

const describeRendered = canRender ? describe : describe.skip;

describeRendered('secrets --print', () => {
  it('makes each secret that the pods of the overlay local mount, with the files that they read', () => {
    const read = new Map<string, Set<string>>();
    for (const { spec, environment } of podsOf(renderOverlay('local'))) {
      const files = Object.values(environment).filter((value) => value.startsWith('/run/secrets/agora/'));
      for (const name of secretsOf(spec.volumes ?? [])) {
        const known = read.get(name) ?? new Set();
        read.set(name, new Set([...known, ...files.map((path) => path.replace(/.*\//, ''))]));
      }
    }
    read.set('nats', new Set(['passwords.conf']));

    expect([...made.keys()].toSorted()).toEqual([...read.keys()].toSorted());
    for (const [name, files] of read)
      expect(Object.keys(made.get(name) ?? {}).toSorted()).toEqual([...files].toSorted());
  });
});

it('gives both ends of a connection the same password, and no two connections one', async () => {
  expect(made.get('provision')?.['votes-app-password']).toBe(made.get('votes')?.['database-password']);
  expect(made.get('provision')?.['votes-migrator-password']).toBe(
    made.get('migrate-votes')?.['database-password'],
  );
  expect(made.get('provision')?.['admin-password']).toBe(made.get('postgres')?.['admin-password']);
  const hash = /^GATEWAY_PASSWORD: "(.*)"$/m.exec(made.get('nats')?.['passwords.conf'] ?? '')?.[1] ?? '';
  await expect(bcrypt.compare(made.get('gateway')?.['nats-password'] ?? '', hash)).resolves.toBe(true);
  const ofProvision = Object.values(made.get('provision') ?? {});
  expect(new Set(ofProvision).size).toBe(ofProvision.length);
});

it('hashes as bcrypt does, without the package', async () => {
  for (const password of ['', 'é', 'x'.repeat(72)]) {
    await expect(bcrypt.compare(password, hashPassword(password, 5))).resolves.toBe(true);
    await expect(bcrypt.compare(`${password.slice(1)}y`, hashPassword(password, 5))).resolves.toBe(false);
  }
  expect(() => hashPassword('x'.repeat(73), 4)).toThrow('72 bytes');
});

describe('secrets in a cluster', () => {
  const kubectl = fakeKubectl();
  afterAll(() => kubectl.remove());
  const has = (secrets: Map<string, Record<string, string>>) => {
    kubectl.answers('label --local', '{\n    "metadata": { "name": "agora" }\n}');
    kubectl.answers('^(apply|create|replace)', '');
    const encoded = [...secrets].map(([name, files]) => ({
      metadata: { name },
      data: Object.fromEntries(
        Object.entries(files).map(([file, value]) => [file, Buffer.from(value).toString('base64')]),
      ),
    }));
    kubectl.answers('get secrets', { items: encoded });
  };
  /** What was created or replaced since the last look, by its name. */
  let seen = 0;
  const changed = () => {
    const calls = kubectl.calls().slice(seen);
    seen += calls.length;
    return new Map(
      calls
        .filter(({ args }) => /^(create|replace)/.test(args))
        .map(({ input }) => {
          const { metadata, stringData } = JSON.parse(input) as Secret;
          return [metadata.name, stringData];
        }),
    );
  };

  it('are all made where there are none, and left alone where there are all', () => {
    has(new Map());
    expect([kubectl.run('secrets'), kubectl.errors]).toEqual([0, '']);
    expect([...changed().keys()].toSorted()).toEqual([...made.keys()].toSorted());

    has(made);
    expect([kubectl.run('secrets'), kubectl.output]).toEqual([0, 'all Secrets are there\n']);
    expect(changed().size).toBe(0);
  });

  it('are completed with what is missing, and Secrets that share a value get the existing one', () => {
    const posts = { ...made.get('posts') };
    delete posts['cursor-secret'];
    has(new Map([...made, ['posts', posts]].filter(([name]) => name !== 'gateway') as never));

    expect(kubectl.run('secrets')).toBe(0);

    const now = changed();
    expect([...now.keys()].toSorted()).toEqual(['gateway', 'nats', 'posts']);
    expect(Object.keys(now.get('posts') ?? {})).toEqual(['cursor-secret']);
    expect(now.get('gateway')?.['revocations-secret']).toBe(made.get('auth')?.['revocations-secret']);
    expect(now.get('gateway')?.['nats-password']).not.toBe(made.get('gateway')?.['nats-password']);
  });

  it('that should be equal but differ are reported and not changed', () => {
    has(new Map([...made, ['votes', { ...made.get('votes'), 'revocations-secret': 'other' }]]));
    expect(kubectl.run('secrets')).toBe(1);
    expect(kubectl.errors).toContain('revocations-secret of the Secret');
    expect(changed().size).toBe(0);
  });
});
