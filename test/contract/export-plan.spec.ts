import '../../src/app.module.js';
import { describe, expect, it } from '@jest/globals';
import { EXPORTED, NOT_EXPORTED, omittedOf } from '../../src/modules/privacy/export-plan.js';
import { collectionDefinitions } from '../../src/mongo/model-provider.js';

const owned = collectionDefinitions().filter(({ schema }) => schema.get('tenancy' as never) === 'scoped');

describe('The archive of a tenant', () => {
  it('has every tenant-owned collection, or says that it leaves it out', () => {
    const planned = [...EXPORTED.map(({ name }) => name), ...NOT_EXPORTED];
    expect(planned.sort()).toEqual(owned.map(({ collection }) => collection).sort());
  });

  it('holds no secret', () => {
    const secrets = owned
      .filter(({ collection }) => !NOT_EXPORTED.includes(collection))
      .flatMap(({ collection, schema }) =>
        Object.keys(schema.paths)
          .filter(path => /hash|secret|password|token|sealed.*key/i.test(path))
          .filter(path => !omittedOf(collection).some(omitted => path.startsWith(omitted)))
          .map(path => `${collection}.${path}`),
      );
    // The chain's own hashes are there to be checked.
    expect(secrets).toEqual(['auditChain.hash']);
  });
});
