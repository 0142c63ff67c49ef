import { describe, expect, it } from '@jest/globals';
import { Schema } from 'mongoose';
import { sealedPaths, sealedText } from './sealed-text.js';

describe('sealedPaths', () => {
  it('finds sealed fields by themselves, in embedded documents and in lists of them', () => {
    const schema = new Schema({
      name: String,
      key: sealedText('key'),
      nested: { key: sealedText('nested key') },
      embedded: { type: new Schema({ key: sealedText('embedded key') }) },
      secrets: [{ _id: false, sealed: sealedText('secret'), until: Date }],
    });
    expect([...sealedPaths(schema)]).toEqual([
      ['key', 'key'],
      ['nested.key', 'nested key'],
      ['embedded.key', 'embedded key'],
      ['secrets.sealed', 'secret'],
    ]);
  });
});
