import { describe, expect, it } from '@jest/globals';
import { parseS3Location } from './s3-location.js';

describe('parseS3Location', () => {
  it('reads a bucket of Amazon, and a folder in it', () => {
    const amazon = { bucket: 'voho', prefix: '', endpoint: null, region: null, isPathStyle: false };
    expect(parseS3Location('s3://voho')).toEqual(amazon);
    expect(parseS3Location('s3://voho/')).toEqual(amazon);
    expect(parseS3Location('s3://voho/calls/eu/?region=eu-central-1')).toEqual({
      ...amazon,
      prefix: 'calls/eu/',
      region: 'eu-central-1',
    });
  });

  it('puts the bucket of another store into the path, unless told otherwise', () => {
    const url = 's3://voho?endpoint=https://objects.example:9000&region=any';
    expect(parseS3Location(url)).toMatchObject({
      endpoint: 'https://objects.example:9000',
      isPathStyle: true,
    });
    expect(parseS3Location(`${url}&pathStyle=false`)).toMatchObject({ isPathStyle: false });
  });

  it.each([
    '',
    'voho',
    'https://voho',
    's3://',
    's3:///folder',
    's3://key:secret@voho',
    's3://voho?endpoint=objects.example',
    's3://voho?pathStyle=yes',
    's3://voho?regoin=eu',
  ])('refuses "%s"', text => {
    expect(parseS3Location(text)).toBeNull();
  });
});
