import { describe, expect, it } from '@jest/globals';
import type { Settings } from '../config/settings.js';
import { newObjectId } from '../mongo/object-id.js';
import { SealedValueError, Vault } from './vault.js';

const vaultWith = (MASTER_KEY: string, ...MASTER_KEY_PREVIOUS: string[]) =>
  new Vault({ MASTER_KEY, MASTER_KEY_PREVIOUS } as unknown as Settings);
const vault = vaultWith('Xo3mG0pYw8mJt5Qz1nVb7Lr2Hd9Sf4Ke');
const tenantId = newObjectId();

describe('Vault', () => {
  it('opens what it has sealed for the same tenant and field', () => {
    for (const secret of ['', 'a provider key', 'ключ 🔑', 'x'.repeat(10_000)]) {
      expect(vault.open(tenantId, 'ultravoxApiKey', vault.seal(tenantId, 'ultravoxApiKey', secret))).toBe(
        secret,
      );
    }
  });

  it('never shows the secret and never seals it into the same text twice', () => {
    const first = vault.seal(tenantId, 'ultravoxApiKey', 'canary');
    expect(first).not.toContain('canary');
    expect(first).not.toContain(Buffer.from('canary').toString('base64url'));
    expect(vault.seal(tenantId, 'ultravoxApiKey', 'canary')).not.toBe(first);
  });

  it("S57 does not open a value that was moved to another tenant's row or to another field", () => {
    const sealed = vault.seal(tenantId, 'ultravoxApiKey', 'canary');
    expect(() => vault.open(newObjectId(), 'ultravoxApiKey', sealed)).toThrow(SealedValueError);
    expect(() => vault.open(tenantId, 'webhookSecret', sealed)).toThrow(SealedValueError);
  });

  it('does not open a value of which any character was changed', () => {
    const sealed = vault.seal(tenantId, 'ultravoxApiKey', 'canary');
    const ends = Array.from(sealed.matchAll(/\./g), dot => dot.index - 1);
    for (let index = 0; index < sealed.length; index += 1) {
      // The last character of a base64url part may hold bits that mean nothing.
      if (index === sealed.length - 1 || ends.includes(index)) continue;
      const other = sealed[index] === 'A' ? 'B' : 'A';
      const changed = sealed.slice(0, index) + other + sealed.slice(index + 1);
      expect(() => vault.open(tenantId, 'ultravoxApiKey', changed)).toThrow(SealedValueError);
    }
  });

  it('says so when another MASTER_KEY sealed the value', () => {
    const sealed = vaultWith('Another3mG0pYw8mJt5Qz1nVb7Lr2Hd9').seal(tenantId, 'ultravoxApiKey', 'canary');
    expect(() => vault.open(tenantId, 'ultravoxApiKey', sealed)).toThrow('another MASTER_KEY');
  });

  it('S57 opens what a previous MASTER_KEY sealed, and wraps it again without sealing it again', () => {
    const before = vaultWith('Before3mG0pYw8mJt5Qz1nVb7Lr2Hd9S');
    const between = vaultWith('Xo3mG0pYw8mJt5Qz1nVb7Lr2Hd9Sf4Ke', 'Before3mG0pYw8mJt5Qz1nVb7Lr2Hd9S');
    const sealed = before.seal(tenantId, 'ultravoxApiKey', 'canary');
    expect(between.open(tenantId, 'ultravoxApiKey', sealed)).toBe('canary');
    const rewrapped = between.rewrap(tenantId, 'ultravoxApiKey', sealed) ?? '';
    expect(vault.open(tenantId, 'ultravoxApiKey', rewrapped)).toBe('canary');
    expect(rewrapped.split('.')[3]).toBe(sealed.split('.')[3]);
    expect(between.rewrap(tenantId, 'ultravoxApiKey', rewrapped)).toBeNull();
    expect(() => before.open(tenantId, 'ultravoxApiKey', rewrapped)).toThrow('another MASTER_KEY');
    expect(() => between.rewrap(newObjectId(), 'ultravoxApiKey', sealed)).toThrow(SealedValueError);
  });

  it('refuses texts that are no sealed values', () => {
    for (const text of ['', 'canary', 'v1...', 'v2.a.b.c', 'v1.a.b.c.d']) {
      expect(() => vault.open(tenantId, 'ultravoxApiKey', text)).toThrow(SealedValueError);
    }
  });
});
