import { existsSync } from 'node:fs';
import { swcOptions } from './test/jest/swc.mjs';

const kit = file => existsSync(new URL(`test/kit/${file}`, import.meta.url));

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testMatch: [
    '<rootDir>/src/**/*.spec.ts',
    '<rootDir>/test/{contract,e2e,kit,security,fault/check}/**/*.spec.ts',
  ],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*(?<!\\.json))\\.js$': '$1' },
  transform: { '\\.ts$': ['@swc/jest', swcOptions] },
  ...(kit('global-setup.ts') && { globalSetup: '<rootDir>/test/jest/global-setup.mjs' }),
  ...(kit('global-teardown.ts') && { globalTeardown: '<rootDir>/test/jest/global-teardown.mjs' }),
  maxWorkers: 2,
  // Node keeps the modules of files that are over: a worker that has collected too many is started anew.
  workerIdleMemoryLimit: '1GB',
  // Far more than any test needs: a busy machine must not decide one.
  testTimeout: 120_000,
  reporters: ['default', '<rootDir>/test/jest/log-reporter.mjs', '<rootDir>/test/jest/summary-reporter.mjs'],
};
