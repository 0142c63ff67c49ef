import base from './jest.config.mjs';

/**
 * Tests on the compiled server in the folder MUTANT, in place of the sources: what `npm run doctor:mutations` asks where
 * the doctor cannot see a lock.
 * @type {import('jest').Config}
 */
export default {
  ...base,
  moduleNameMapper: {
    '^(?:\\.\\./)+src/(.*)\\.js$': `${process.env.MUTANT}/$1.js`,
    ...base.moduleNameMapper,
  },
  maxWorkers: 1,
};
