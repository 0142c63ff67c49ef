import { hkdfSync, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { derivedKeys } from '../config/master-keys.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import type { ObjectId } from '../mongo/object-id.js';
import { decrypt, encrypt, KEY_BYTES } from './cipher.js';

const VERSION = 'v1';

/** A sealed value cannot be opened; the message never holds any part of it. Always a fault of the server. */
export class SealedValueError extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(`A sealed value cannot be opened: ${reason}`, options);
    this.name = 'SealedValueError';
  }
}

/**
 * Keeps tenants' secrets unreadable in the database. Each value is encrypted with a key of its own, which is
 * wrapped by a key derived from MASTER_KEY for the tenant: a new MASTER_KEY means wrapping again, not encrypting
 * again. Both layers are bound to tenant, field and format, so a value moved to another row does not open. What was
 * sealed with a key of MASTER_KEY_PREVIOUS opens too.
 */
@Injectable()
export class Vault {
  /** By the id that each sealed value names, which tells nothing about the key itself. The current one comes first. */
  private readonly rootKeys: ReadonlyMap<string, Buffer>;
  private readonly currentKeyId: string;
  /** The ids of the configured master keys, as encrypted values name them: the current one first, then the previous ones. */
  readonly keyIds: readonly [string, ...string[]];

  constructor(@Inject(SETTINGS) settings: Settings) {
    const keys = derivedKeys(settings, 'vault');
    const [current, ...previous] = derivedKeys(settings, 'vault key id');
    this.keyIds = [idOf(current), ...previous.map(idOf)];
    this.rootKeys = new Map(keys.map((key, index) => [this.keyIds[index] ?? '', key]));
    this.currentKeyId = this.keyIds[0];
  }

  /** Seals a secret of one tenant; `field` names where it is kept. Sealing twice gives different texts. */
  seal(tenantId: ObjectId, field: string, plaintext: string): string {
    const bound = boundTo(tenantId, field);
    const key = randomBytes(KEY_BYTES);
    return this.assemble(tenantId, key, encrypt(key, Buffer.from(plaintext), bound), bound);
  }

  /** Opens what {@link seal} made for the same tenant and field. @throws SealedValueError for anything else. */
  open(tenantId: ObjectId, field: string, sealed: string): string {
    const bound = boundTo(tenantId, field);
    const { key, body } = this.unwrap(tenantId, sealed, bound);
    return opened(() => decrypt(key, body, bound)).toString();
  }

  /**
   * The same value wrapped by the current MASTER_KEY, without opening it; null when it is so already.
   * @throws SealedValueError for what {@link open} would not open.
   */
  rewrap(tenantId: ObjectId, field: string, sealed: string): string | null {
    const bound = boundTo(tenantId, field);
    const { keyId, key, body } = this.unwrap(tenantId, sealed, bound);
    return keyId === this.currentKeyId ? null : this.assemble(tenantId, key, body, bound);
  }

  private assemble(tenantId: ObjectId, key: Buffer, body: Buffer, bound: Buffer): string {
    const wrapped = encrypt(this.tenantKey(this.currentKeyId, tenantId), key, bound);
    return [VERSION, this.currentKeyId, wrapped.toString('base64url'), body.toString('base64url')].join('.');
  }

  private unwrap(tenantId: ObjectId, sealed: unknown, bound: Buffer) {
    const [version, keyId, wrapped, body, ...rest] = typeof sealed === 'string' ? sealed.split('.') : [];
    if (version !== VERSION || !keyId || !wrapped || !body || rest.length > 0) {
      throw new SealedValueError('it has another format');
    }
    const wrappingKey = this.tenantKey(keyId, tenantId);
    const key = opened(() => decrypt(wrappingKey, Buffer.from(wrapped, 'base64url'), bound));
    return { keyId, key, body: Buffer.from(body, 'base64url') };
  }

  private tenantKey(keyId: string, tenantId: ObjectId): Buffer {
    const rootKey = this.rootKeys.get(keyId);
    if (!rootKey) throw new SealedValueError('it was sealed with another MASTER_KEY');
    return Buffer.from(hkdfSync('sha256', rootKey, tenantId.id, 'voho vault tenant', KEY_BYTES));
  }
}

const idOf = (derived: Buffer): string => derived.subarray(0, 6).toString('base64url');

function opened(decryption: () => Buffer): Buffer {
  try {
    return decryption();
  } catch (error) {
    throw new SealedValueError('it was changed, or belongs to another tenant or field', { cause: error });
  }
}

function boundTo(tenantId: ObjectId, field: string): Buffer {
  return Buffer.from(['voho vault', VERSION, tenantId.toHexString(), field].join('\u0000'));
}
