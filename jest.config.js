const kind = process.env.AGORA_TESTS ?? 'all';

/** The one preset of every workspace. Jest runs TypeScript sources as ES modules: NODE_OPTIONS=--experimental-vm-modules. */
export default {
  // System tests take minutes and have a command of their own; `npm test` says which it wants.
  testMatch: [kind === 'system' ? '**/test/**/*.system.test.ts' : '**/test/**/*.test.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
    '/dist/',
    ...(kind === 'usual' ? [/\.system\.test\.ts$/.source] : []),
  ],
  modulePathIgnorePatterns: ['<rootDir>/.data/'],
  testTimeout: 60_000,
  testEnvironment: '<rootDir>/tools/testing/jest/environment.mjs',
  testSequencer: '<rootDir>/tools/testing/jest/sequencer.mjs',
  reporters: ['default', './scripts/tally-reporter.mjs'],

  extensionsToTreatAsEsm: ['.ts'],
  // Sources say './x.js' as Node.js wants it; on disk that is x.ts, except in node_modules.
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': ['$1.js', '$1.ts'],
    '^@agora/testing$': '<rootDir>/tools/testing/jest/loaded.cjs',
    // It has a `source` too, which is TypeScript.
    '^eventsource-parser$': '<rootDir>/node_modules/eventsource-parser/dist/index.js',
  },
  // Workspace packages are used from their sources, so a test never runs a stale build.
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },

  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        sourceMaps: 'inline',
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          // As in tsconfig.base.json. Metadata stays off: circular models crash with it.
          transform: { legacyDecorator: true, decoratorMetadata: false, useDefineForClassFields: true },
        },
      },
    ],
  },
};
