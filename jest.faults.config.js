import base from './jest.config.js';

/** What goes wrong outside, workers and demos that are killed: each through a whole group. Slower than `npm test`. */
export default {
  ...base,
  roots: ['<rootDir>/test/faults'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 120_000,
};
