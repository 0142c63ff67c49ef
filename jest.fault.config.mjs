import base from './jest.config.mjs';

const { globalSetup: _setUp, globalTeardown: _tearDown, ...shared } = base;

/**
 * The fault matrix on servers that are weakened on purpose: does its checker notice? Apart from the other tests because it
 * brings engines and compiled servers of its own, and takes minutes.
 * @type {import('jest').Config}
 */
export default {
  ...shared,
  roots: ['<rootDir>/test/fault'],
  testMatch: ['<rootDir>/test/fault/weakened.spec.ts'],
  maxWorkers: 1,
  // After its last test Node was seen to spin for minutes while it takes down what the servers' clients have left.
  forceExit: true,
};
