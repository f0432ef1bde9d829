import base from './jest.config.js';

/** What the pure folders' own tests cover of them: no server is started, so `npm run test:coverage` is quick. */
export default {
  ...base,
  roots: ['<rootDir>/domain', '<rootDir>/analysis', '<rootDir>/test/domain', '<rootDir>/test/analysis'],
  collectCoverage: true,
  collectCoverageFrom: ['domain/**/*.ts', 'analysis/**/*.ts'],
  coverageReporters: ['text'],
  coverageThreshold: { './domain/': { lines: 95 }, './analysis/': { lines: 95 } },
};
