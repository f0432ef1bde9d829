import base from './jest.config.js';

/** What the pure folders' own tests cover of them: no server is started, so `npm run test:coverage` is quick. */
export default {
  ...base,
  roots: ['domain', 'planning', 'analysis'].flatMap((folder) => [
    `<rootDir>/${folder}`,
    `<rootDir>/test/${folder}`,
  ]),
  collectCoverage: true,
  collectCoverageFrom: ['domain/**/*.ts', 'planning/**/*.ts', 'analysis/**/*.ts'],
  coverageReporters: ['text'],
  coverageThreshold: {
    './domain/': { lines: 95 },
    './planning/': { lines: 95 },
    './analysis/': { lines: 95 },
  },
};
