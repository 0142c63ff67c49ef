import base from './jest.config.mjs';

const { globalSetup: _setUp, globalTeardown: _tearDown, ...shared } = base;

/**
 * The playground in a real Chromium (CHROMIUM_PATH, else the system's): apart from the other tests because it needs a
 * browser on the machine and a fresh build in dist. It starts the built server itself, with engines of its own. One file
 * at a time, because a browser fills both cores of a small machine.
 * @type {import('jest').Config}
 */
export default {
  ...shared,
  roots: ['<rootDir>/test/browser'],
  testMatch: ['<rootDir>/test/browser/**/*.browser.ts'],
  maxWorkers: 1,
};
