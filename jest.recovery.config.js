import base from './jest.config.js';

/** Backups, stores that part, people who want to be forgotten: each on whole systems. Slower than `npm test`. */
export default {
  ...base,
  roots: ['<rootDir>/test/recovery'],
  testPathIgnorePatterns: ['/node_modules/'],
  globalSetup: '<rootDir>/test/recovery/support/global-setup.ts',
  testTimeout: 120_000,
};
