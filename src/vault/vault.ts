import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { derivedKey } from '../config/derived-key.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import type { ObjectId } from '../mongo/object-id.js';

const VERSION = 'v1';
const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

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
 * again. Both layers are bound to tenant, field and format, so a value moved to another row does not open.
 */
@Injectable()
export class Vault {
  private readonly rootKey: Buffer;
  /** Tells which MASTER_KEY sealed a value, without telling anything about the key. */
  private readonly masterKeyId: Buffer;

  constructor(@Inject(SETTINGS) settings: Settings) {
    this.rootKey = derivedKey(settings.MASTER_KEY, 'vault');
    this.masterKeyId = derivedKey(settings.MASTER_KEY, 'vault key id').subarray(0, 6);
  }

  /** Seals a secret of one tenant; `field` names where it is kept. Sealing twice gives different texts. */
  seal(tenantId: ObjectId, field: string, plaintext: string): string {
    const bound = boundTo(tenantId, field);
    const key = randomBytes(KEY_BYTES);
    const parts = [
      this.masterKeyId,
      encrypt(this.tenantKey(tenantId), key, bound),
      encrypt(key, Buffer.from(plaintext), bound),
    ];
    return [VERSION, ...parts.map(part => part.toString('base64url'))].join('.');
  }

  /** Opens what {@link seal} made for the same tenant and field. @throws SealedValueError for anything else. */
  open(tenantId: ObjectId, field: string, sealed: string): string {
    const [version, keyId, wrappedKey, body, ...rest] = sealed.split('.');
    if (version !== VERSION || !keyId || !wrappedKey || !body || rest.length > 0) {
      throw new SealedValueError('it has another format');
    }
    const id = Buffer.from(keyId, 'base64url');
    if (id.length !== this.masterKeyId.length || !timingSafeEqual(id, this.masterKeyId)) {
      throw new SealedValueError('it was sealed with another MASTER_KEY');
    }
    const bound = boundTo(tenantId, field);
    try {
      const key = decrypt(this.tenantKey(tenantId), Buffer.from(wrappedKey, 'base64url'), bound);
      return decrypt(key, Buffer.from(body, 'base64url'), bound).toString();
    } catch (error) {
      throw new SealedValueError('it was changed, or belongs to another tenant or field', { cause: error });
    }
  }

  private tenantKey(tenantId: ObjectId): Buffer {
    return Buffer.from(hkdfSync('sha256', this.rootKey, tenantId.id, 'voho vault tenant', KEY_BYTES));
  }
}

function boundTo(tenantId: ObjectId, field: string): Buffer {
  return Buffer.from(['voho vault', VERSION, tenantId.toHexString(), field].join('\u0000'));
}

/** Nonce, tag and ciphertext in one. A random nonce is safe here: a wrapping key seals far fewer than 2^32 values. */
function encrypt(key: Buffer, plaintext: Buffer, bound: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES }).setAAD(bound);
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]);
}

function decrypt(key: Buffer, bytes: Buffer, bound: Buffer): Buffer {
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES }).setAAD(bound);
  decipher.setAuthTag(tag);
  return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
}
