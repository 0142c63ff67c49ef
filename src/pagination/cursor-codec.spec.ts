import { describe, expect, it } from '@jest/globals';
import { TextSigner } from '../config/master-keys.js';
import type { Settings } from '../config/settings.js';
import { newObjectId, type ObjectId } from '../mongo/object-id.js';
import type { TenantContext } from '../tenancy/tenant-context.js';
import { CursorCodec, ForeignCursorError } from './cursor-codec.js';

const KEY = 'Xo3mG0pYw8mJt5Qz1nVb7Lr2Hd9Sf4Ke';
const OTHER_KEY = 'P4tLw9ZrNx2yUe6GvKj8QmSb5oCi1hAd';
const settingsOf = (MASTER_KEY: string, ...MASTER_KEY_PREVIOUS: string[]) =>
  ({ MASTER_KEY, MASTER_KEY_PREVIOUS }) as unknown as Settings;
const tenantId = newObjectId();
const codec = (settings = settingsOf(KEY), id: ObjectId = tenantId) =>
  new CursorCodec(settings, { tenant: { id, subdomain: 'one' } } as unknown as TenantContext);

/** A cursor as it was handed out before cursors were encrypted. */
function signedCursor(id: ObjectId, list: string, values: readonly (string | number)[]): string {
  const body = Buffer.from(JSON.stringify(values));
  const before = (...parts: string[]) => Buffer.concat([Buffer.from(`${parts.join('\0')}\0`), body]);
  const mac = new TextSigner(settingsOf(KEY), 'cursor', 9).sign(before(id.toHexString(), list));
  const mark = new TextSigner(settingsOf(KEY), 'cursor mark', 6).sign(before(list));
  return Buffer.concat([mac, mark, body]).toString('base64url');
}

describe('A cursor', () => {
  const values = [[0], [35], [123_456_789], [35, 1_764_541_477_000], [1_764_541_477_000, 'a'.repeat(24)]];

  it.each(values.map(value => [value]))('of %j is read again as what was written', value => {
    expect(codec().read('callEvents', codec().write('callEvents', value))).toEqual(value);
  });

  it('of one place is the same each time, and another one for each other place, list and tenant', () => {
    const cursors = [
      codec().write('callEvents', [35]),
      codec().write('callEvents', [36]),
      codec().write('calls', [35]),
      codec(settingsOf(KEY), newObjectId()).write('callEvents', [35]),
    ];
    expect(codec().write('callEvents', [35])).toBe(cursors[0]);
    expect(new Set(cursors).size).toBe(cursors.length);
  });

  it.each([[1], [35], [999_999], [35, 1_764_541_477_000]].map(value => [value]))(
    'of %j shows neither its numbers nor how large they are',
    value => {
      const cursor = codec().write('callEvents', value);
      const bytes = Buffer.from(cursor, 'base64url');
      expect(cursor).toHaveLength(codec().write('callEvents', [7]).length);
      // Its body, as JSON or as bytes of any order.
      expect(bytes.includes(JSON.stringify(value))).toBe(false);
      expect(bytes.includes(String(value[0]).padEnd(4))).toBe(false);
      // Two places next to each other have nothing in common that would give them away as such.
      const next = Buffer.from(codec().write('callEvents', [(value[0] ?? 0) + 1]), 'base64url');
      const same = bytes.filter((byte, index) => byte === next[index]).length;
      expect(same).toBeLessThan(bytes.length / 4);
    },
  );

  it('that was handed out signed and open is still read', () => {
    for (const value of values)
      expect(codec().read('callEvents', signedCursor(tenantId, 'callEvents', value))).toEqual(value);
  });

  it('of another tenant is refused like a forged one and told apart on record, in either format', () => {
    const other = newObjectId();
    for (const foreign of [
      codec(settingsOf(KEY), other).write('callEvents', [35]),
      signedCursor(other, 'callEvents', [35]),
    ])
      expect(() => codec().read('callEvents', foreign)).toThrow(ForeignCursorError);
  });

  it('that was changed anywhere, cut, or made for another list is refused', () => {
    const cursor = codec().write('callEvents', [35]);
    const bytes = Buffer.from(cursor, 'base64url');
    const forged = [
      '',
      'AA',
      'forged',
      cursor.slice(0, -4),
      ...['!!!!', ' ', '==', '\n', '+', '.a'].flatMap(junk => [cursor + junk, junk + cursor]),
      `${cursor.slice(0, 8)} ${cursor.slice(8)}`,
      bytes.subarray(0, 18).toString('base64url'),
      codec().write('calls', [35]),
      ...[...bytes.keys()]
        // The mark alone says nothing to its owner.
        .filter(index => index < 12 || index >= 18)
        .map(index =>
          Buffer.from(bytes.map((byte, at) => (at === index ? byte ^ 1 : byte))).toString('base64url'),
        ),
    ];
    for (const one of forged)
      expect(() => codec().read('callEvents', one)).toThrow('after is not a cursor of this list');
  });

  it('that was made with the master key before this one is read while that key is named, and not after', () => {
    const old = codec(settingsOf(OTHER_KEY)).write('callEvents', [35]);
    expect(codec(settingsOf(KEY, OTHER_KEY)).read('callEvents', old)).toEqual([35]);
    expect(() => codec().read('callEvents', old)).toThrow('is not a cursor');
  });
});
