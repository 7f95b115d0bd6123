/**
 * Who may import whom. Every rule is proved by a deliberate violation in test/boundaries.test.ts.
 * Paths are relative to the repository; packages of this repository resolve to their sources.
 */

const { globSync, readFileSync } = require('node:fs');
const { dirname } = require('node:path');

const anyWorkspace =
  '^(packages/[^/]+|tools/[^/]+|services/[^/]+|gateway|test/end-to-end|clients/[^/]+|deploy/ecs)/';
const productCode = '^(packages/[^/]+|tools/(?!chaos|bench)[^/]+|services/[^/]+|gateway)/(src|migrations)/';

/** Of the workspaces here. */
const manifests = globSync(
  '{packages/*,tools/*,services/*,gateway,test/end-to-end,clients/*,deploy/ecs}/package.json',
).map((file) => Object.assign(JSON.parse(readFileSync(file, 'utf8')), { folder: dirname(file) }));
const folderOf = Object.fromEntries(manifests.map(({ name, folder }) => [name, folder]));

const forbid = (name, from, to) => ({ name, severity: 'error', from, to });

/** Of the packages in this repository, the sources of `workspace` import only those that are listed. */
const dependsOnly = (name, workspace, packages = []) =>
  forbid(
    name,
    { path: `^${workspace}/(src|migrations)/` },
    {
      path: '^(packages|tools)/',
      pathNot: [workspace, ...packages.map((each) => folderOf[`@agora/${each}`])].map((each) => `^${each}/`),
    },
  );

/** Nobody but `knower` imports the npm package, not even its types. */
const onlyKnows = (name, knower, npmPackage) =>
  forbid(name, { path: anyWorkspace, pathNot: `^${knower}/` }, { path: `(^|/)node_modules/${npmPackage}/` });

/** npm links every workspace for everybody; only the ones in the package.json of the importer count. */
const declaredWorkspacesOnly = (name) =>
  manifests.map(({ folder, dependencies, devDependencies }) => {
    const declared = Object.keys({ ...dependencies, ...devDependencies })
      .filter((each) => each.startsWith('@agora/'))
      .map((each) => folderOf[each]);
    return forbid(
      name,
      { path: `^${folder}/` },
      { path: '^(packages|tools)/', pathNot: [folder, ...declared].map((each) => `^${each}/`) },
    );
  });

module.exports = {
  forbidden: [
    // Between workspaces
    forbid(
      'services-talk-by-events-only',
      { path: anyWorkspace },
      { path: '^(services|gateway)/', pathNot: '^$1/' },
    ),
    forbid(
      'workspaces-are-imported-by-name',
      { path: anyWorkspace },
      {
        path: '^(packages|tools)/',
        pathNot: '^$1/',
        dependencyTypesNot: ['aliased-workspace'],
      },
    ),
    dependsOnly('services-depend-on-packages-operations-and-monolith-only', 'services/[^/]+', [
      'http',
      'process',
      'identity',
      'database',
      'messaging',
      'contracts',
      'service',
      'monolith',
      'operations',
    ]),
    dependsOnly('service-depends-on-packages-but-contracts-only', 'packages/service', [
      'http',
      'process',
      'identity',
      'database',
      'messaging',
    ]),
    dependsOnly('operations-depend-on-packages-and-progress-only', 'tools/operations', [
      'http',
      'process',
      'database',
      'messaging',
      'contracts',
      'progress',
    ]),
    dependsOnly('gateway-depends-on-http-process-identity-messaging-only', 'gateway', [
      'http',
      'process',
      'identity',
      'messaging',
    ]),
    dependsOnly('identity-depends-on-http-process-contracts-messaging-only', 'packages/identity', [
      'http',
      'process',
      'contracts',
      'messaging',
    ]),
    dependsOnly('openapi-depends-on-http-only', 'tools/openapi', ['http']),
    dependsOnly('messaging-depends-on-process-contracts-only', 'packages/messaging', [
      'process',
      'contracts',
    ]),
    dependsOnly('contracts-depend-on-nothing-inside', 'packages/contracts'),
    dependsOnly('database-depends-on-nothing-inside', 'packages/database'),
    dependsOnly('http-depends-on-process-only', 'packages/http', ['process']),
    dependsOnly('process-depends-on-nothing-inside', 'packages/process'),

    // What clients know is the HTTP contract.
    dependsOnly('clients-depend-on-nothing-inside', 'clients/[^/]+'),

    // Inside a service
    forbid(
      'http-does-not-import-events',
      { path: '^services/[^/]+/src/http/' },
      { path: '^services/[^/]+/src/events/' },
    ),
    forbid(
      'events-do-not-import-http',
      { path: '^services/[^/]+/src/events/' },
      { path: '^services/[^/]+/src/http/' },
    ),
    forbid(
      'models-import-neither-door',
      { path: '^services/[^/]+/src/models/' },
      {
        path: '^services/[^/]+/src/(http|events)/',
      },
    ),
    forbid(
      'doors-and-models-are-handed-their-settings',
      { path: '^services/[^/]+/src/(http|events|models)/' },
      {
        path: '/src/config\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    ),
    // A migration is never edited once merged, so nothing that changes may be under it.
    forbid(
      'migrations-stand-alone',
      { path: '^(services/[^/]+)/(src/)?migrations/' },
      {
        path: '^$1/src/',
        pathNot: '^$1/src/migrations/',
      },
    ),

    // Everywhere
    forbid('nothing-imports-main', {}, { path: '^(services/[^/]+|gateway)/src/main\\.ts$' }),
    forbid(
      'src-does-not-import-test',
      { path: productCode },
      { path: '(^|/)test/', pathNot: 'node_modules' },
    ),
    forbid(
      'src-does-not-import-dev-dependencies',
      { path: productCode, pathNot: '^tools/testing/' },
      {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['type-only'],
      },
    ),
    forbid('nothing-imports-in-circles', {}, { circular: true }),
    forbid(
      'only-declared-dependencies-may-be-imported',
      {},
      { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    ),
    ...declaredWorkspacesOnly('only-declared-workspaces-may-be-imported'),
    // A service exports nothing, a package exports its index: reaching further does not resolve.
    forbid('every-import-resolves', {}, { couldNotResolve: true }),

    // One owner for each of these libraries
    onlyKnows(
      'only-messaging-knows-nats',
      '(packages/messaging|tools/(testing|chaos))',
      '(@nats-io/[^/]+|nats)',
    ),
    onlyKnows('only-database-knows-umzug', 'packages/database', 'umzug'),
    onlyKnows('only-the-gateway-knows-http-proxy-middleware', 'gateway', 'http-proxy-middleware'),
  ],
  options: {
    parser: 'swc', // TypeScript 7 has no API to parse with; swc sees type imports too
    combinedDependencies: true, // tests use the tools that the root package.json declares
    exclude: { path: '(^|/)(dist|coverage|cdk\\.out|check-tools)/' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'require', 'node', 'default', 'types'],
    },
  },
};
