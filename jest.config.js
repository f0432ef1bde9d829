/** Jest in ESM; swc strips the types. One Postgres and one Temporal server serve a whole run (test/support/global-setup.ts). */
export default {
  rootDir: '.',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  // The slow ones have runs of their own: `npm run test:faults` and `npm run test:recovery`.
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/faults/', '<rootDir>/test/recovery/'],
  testEnvironment: 'node',
  // Packages that are shared between test files keep what they put on the global scope.
  testEnvironmentOptions: { globalsCleanup: 'off' },
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2023' },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  testTimeout: 30_000,
  // One more than the two cores of the machines it is meant for: tests of real servers wait a good deal.
  maxWorkers: 3,
};
