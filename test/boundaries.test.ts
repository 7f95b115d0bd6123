import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const repository = fileURLToPath(new URL('..', import.meta.url));
const configuration = join(repository, '.dependency-cruiser.cjs');
const rules = createRequire(import.meta.url)(configuration) as { forbidden: { name: string }[] };

/** The files of a repository, and what each imports. */
type Tree = Record<string, string[]>;

/** One violation of each rule: the file, and what it imports. */
const violations: [rule: string, file: string, imported: string][] = [
  ['services-talk-by-events-only', 'services/votes/src/models/vote.ts', '../../../posts/src/models/post.js'],
  [
    'workspaces-are-imported-by-name',
    'services/votes/src/config.ts',
    '../../../packages/process/src/index.js',
  ],
  [
    'services-depend-on-packages-operations-and-monolith-only',
    'services/votes/src/http/list-votes.ts',
    '@agora/testing',
  ],
  [
    'operations-depend-on-packages-and-progress-only',
    'tools/operations/src/audit/audit.ts',
    '@agora/identity',
  ],
  ['gateway-depends-on-http-process-identity-messaging-only', 'gateway/src/routes.ts', '@agora/database'],
  [
    'identity-depends-on-http-process-contracts-messaging-only',
    'packages/identity/src/verify.ts',
    '@agora/database',
  ],
  ['service-depends-on-packages-but-contracts-only', 'packages/service/src/run.ts', '@agora/contracts'],
  ['openapi-depends-on-http-only', 'tools/openapi/src/create-document.ts', '@agora/contracts'],
  ['clients-depend-on-nothing-inside', 'clients/typescript/src/agora.ts', '@agora/process'],
  [
    'messaging-depends-on-process-contracts-only',
    'packages/messaging/src/publish/relay.ts',
    '@agora/database',
  ],
  ['contracts-depend-on-nothing-inside', 'packages/contracts/src/votes.ts', '@agora/process'],
  ['database-depends-on-nothing-inside', 'packages/database/src/connect/connect.ts', '@agora/process'],
  ['http-depends-on-process-only', 'packages/http/src/endpoint/problem.ts', '@agora/contracts'],
  ['process-depends-on-nothing-inside', 'packages/process/src/logger.ts', '@agora/http'],
  ['http-does-not-import-events', 'services/votes/src/http/cast-vote.ts', '../events/subscriptions.js'],
  ['events-do-not-import-http', 'services/votes/src/events/forget-post.ts', '../http/routes.js'],
  ['models-import-neither-door', 'services/votes/src/models/known-post.ts', '../http/routes.js'],
  [
    'doors-and-models-are-handed-their-settings',
    'services/posts/src/http/posts/publish-post.ts',
    '../../config.js',
  ],
  ['migrations-stand-alone', 'services/posts/migrations/0001-create-posts.ts', '../src/models/post.js'],
  ['nothing-imports-main', 'services/votes/test/main.test.ts', '../src/main.js'],
  ['src-does-not-import-test', 'services/votes/src/http/show-vote.ts', '../../test/a-vote.js'],
  ['src-does-not-import-dev-dependencies', 'services/votes/src/http/retract-vote.ts', 'a-tool'],
  ['nothing-imports-in-circles', 'packages/process/src/chicken.ts', './egg.js'],
  ['only-declared-dependencies-may-be-imported', 'services/votes/src/operate.ts', 'undeclared'],
  ['only-declared-workspaces-may-be-imported', 'services/posts/src/operate.ts', '@agora/database'],
  ['every-import-resolves', 'services/votes/src/events/erase-votes.ts', '@agora/posts'],
  ['only-messaging-knows-nats', 'tools/local-stack/src/start-nats.ts', '@nats-io/jetstream'],
  ['only-database-knows-umzug', 'services/votes/migrations/0001-create-votes.ts', 'umzug'],
  ['only-the-gateway-knows-http-proxy-middleware', 'services/votes/src/proxy.ts', 'http-proxy-middleware'],
];

/** A small Agora that keeps every rule: its files, and what each imports. */
const cleanTree: Tree = {
  'packages/process/src/index.ts': ['./egg.js'],
  'packages/process/src/chicken.ts': [],
  'packages/process/src/egg.ts': ['./chicken.js'],
  'packages/http/src/index.ts': ['@agora/process'],
  'packages/contracts/src/index.ts': [],
  'packages/database/src/index.ts': ['umzug'],
  'packages/identity/src/index.ts': ['@agora/process', '@agora/contracts', '@agora/messaging'],
  'packages/service/src/run-service.ts': ['@agora/process', '@agora/identity', '@agora/messaging'],
  'tools/local-stack/src/index.ts': ['@agora/database'],
  'packages/messaging/src/index.ts': ['@agora/contracts', '@nats-io/jetstream'],
  'tools/testing/src/index.ts': ['@agora/local-stack', '@nats-io/jetstream', 'a-tool'],
  'clients/typescript/src/index.ts': [],
  'services/posts/src/config.ts': ['@agora/process'],
  'services/posts/src/models/post.ts': [],
  'services/votes/src/config.ts': ['@agora/process'],
  'services/votes/src/main.ts': ['./config.js', './http/routes.js', './events/subscriptions.js'],
  'services/votes/src/http/routes.ts': ['../models/vote.js', '@agora/identity', '@agora/contracts'],
  'services/votes/src/events/subscriptions.ts': ['../models/vote.js', '@agora/messaging'],
  'services/votes/src/models/vote.ts': ['@agora/database'],
  'services/votes/test/a-vote.ts': ['../src/models/vote.js', '@agora/testing', 'a-tool'],
  'gateway/src/main.ts': ['@agora/process', '@agora/identity', '@agora/messaging', 'http-proxy-middleware'],
};

const allPackages = [
  'http',
  'process',
  'contracts',
  'database',
  'identity',
  'local-stack',
  'messaging',
  'openapi',
  'service',
  'testing',
];
const isTool = (name: string) => ['local-stack', 'openapi', 'operations', 'testing'].includes(name);
const libraries = ['@nats-io/jetstream', 'umzug', 'http-proxy-middleware'];
const everything = [...libraries, ...allPackages.map((each) => `@agora/${each}`)];
const declarations: Record<string, string[]> = {
  ...Object.fromEntries(
    allPackages.map((each) => [`${isTool(each) ? 'tools' : 'packages'}/${each}`, everything]),
  ),
  'services/posts': ['@agora/process'],
  'services/votes': everything,
  gateway: everything,
  'clients/typescript': everything,
};

let scratch: string;
let found: Map<string, string[]>;

beforeAll(async () => {
  scratch = await realpath(await mkdtemp(join(tmpdir(), 'boundaries-')));
  const violating = Object.fromEntries(violations.map(([, file, imported]) => [file, [imported]]));
  found = await cruise(await plant('violations', { ...cleanTree, ...violating }));
});
afterAll(() => rm(scratch, { recursive: true }));

describe('the import rules', () => {
  it('leave a clean tree alone', async () => {
    expect(await cruise(await plant('clean', cleanTree))).toEqual(new Map());
  });

  it.each(violations)('%s', (rule, file) => {
    expect(found.get(file)).toEqual([rule]);
  });

  it('are all proved', () => {
    const proved = new Set(violations.map(([rule]) => rule));

    expect(proved).toEqual(new Set(rules.forbidden.map(({ name }) => name)));
  });

  it.each([
    ['type imports', "import type { stub } from '../http/routes.js';"],
    ['inline type imports', "import { type stub } from '../http/routes.js';"],
    ['type re-exports', "export type { stub } from '../http/routes.js';"],
    ['re-exports', "export { stub } from '../http/routes.js';"],
    ['dynamic imports', "export const routes = await import('../http/routes.js');"],
  ])('see %s in a file with decorators', async (kind, statement) => {
    const tree = await plant(kind, cleanTree);
    const model = 'services/votes/src/models/vote.ts';
    await writeFile(
      join(tree, model),
      `${statement}\n@Table() export class Vote { @Column() declare id: number; }`,
    );

    expect((await cruise(tree)).get(model)).toContain('models-import-neither-door');
  });

  it('let a door name the type of its settings', async () => {
    const tree = await plant('settings', cleanTree);
    await write(
      join(tree, 'services/votes/src/http/cast-vote.ts'),
      "import type { stub } from '../config.js';",
    );

    expect(await cruise(tree)).toEqual(new Map());
  });
});

/** Writes a tree of the files with their imports, and a node_modules as npm would link it. */
async function plant(name: string, files: Tree): Promise<string> {
  const tree = join(scratch, name);
  await write(join(tree, 'package.json'), {
    workspaces: ['packages/*', 'tools/*', 'services/*', 'clients/*', 'gateway'],
    devDependencies: { 'a-tool': '1.0.0' },
  });
  for (const library of [...libraries, 'a-tool', 'undeclared']) {
    await write(join(tree, 'node_modules', library, 'package.json'), { exports: './index.js' });
    await write(join(tree, 'node_modules', library, 'index.js'), 'export const stub = 1;');
  }
  for (const [workspace, dependencies] of Object.entries(declarations)) {
    await write(join(tree, workspace, 'package.json'), {
      name: `@agora/${basename(workspace)}`,
      exports: /^(packages|tools)\//.test(workspace) ? { '.': { source: './src/index.ts' } } : {},
      dependencies: Object.fromEntries(dependencies.map((each) => [each, '1.0.0'])),
    });
    await mkdir(join(tree, 'node_modules/@agora'), { recursive: true });
    await symlink(join(tree, workspace), join(tree, 'node_modules/@agora', basename(workspace)));
  }
  for (const [file, imports] of Object.entries(files)) {
    const lines = imports.map((each, n) => `import { stub as stub${n} } from '${each}';\nvoid stub${n};`);
    await write(join(tree, file), [...lines, 'export const stub = 1;'].join('\n'));
  }
  return tree;
}

async function write(file: string, content: string | object): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
}

/** The names of the broken rules by importing file, under the configuration of this repository. */
async function cruise(tree: string): Promise<Map<string, string[]>> {
  const depcruise = join(repository, 'node_modules/.bin/depcruise');
  const options = [
    '--config',
    configuration,
    '--output-type',
    'json',
    'packages',
    'tools',
    'services',
    'gateway',
    'clients',
  ];
  const { stdout } = await promisify(execFile)(process.execPath, [depcruise, ...options], { cwd: tree });
  const { summary } = JSON.parse(stdout) as {
    summary: { violations: { from: string; rule: { name: string } }[] };
  };
  const broken = new Map<string, string[]>();
  for (const { from, rule } of summary.violations) broken.set(from, [...(broken.get(from) ?? []), rule.name]);
  return broken;
}
