import { Injectable } from '@nestjs/common';
import { type ObjectId, parseObjectId } from '../mongo/object-id.js';
import { TenantContext } from '../tenancy/tenant-context.js';
import { decrypt, encrypt } from '../vault/cipher.js';
import { SealedValueError } from '../vault/vault.js';
import { DataKeys, type Person } from './data-keys.js';

const VERSION = 'p1';

/**
 * Opens what was sealed; null when the key that it takes is destroyed, and for null itself.
 * @throws SealedValueError for what cannot be opened.
 */
export type Opener = (sealed: string | null) => string | null;

/**
 * Seals what tells of a person and cannot be rewritten later, such as the rows of the audit chain, with that person's
 * key. The sealed text names its key; it opens in its own tenant alone.
 */
@Injectable()
export class PersonalData {
  constructor(
    private readonly keys: DataKeys,
    private readonly context: TenantContext,
  ) {}

  /** Seals a text, in the running transaction. Null when the person is erased: then it must not be kept. */
  async seal(person: Person, text: string): Promise<string | null> {
    const key = await this.keys.of(person);
    if (!key) return null;
    const body = encrypt(key.bytes, Buffer.from(text), this.boundTo(key.id.toHexString()));
    return [VERSION, key.id.toHexString(), body.toString('base64url')].join('.');
  }

  /**
   * Opens one text of a user, with a key that may have been read a second ago; null when it is destroyed.
   * @throws SealedValueError for what cannot be opened.
   */
  async open(sealed: string): Promise<string | null> {
    const key = await this.keys.one(keyIdOf(sealed));
    return key && this.decrypted(key.bytes, sealed);
  }

  /** Reads the keys of many sealed texts at once, and returns what opens them. */
  async opener(sealed: readonly (string | null)[]): Promise<Opener> {
    const ids = sealed.flatMap(text => idsIn(text));
    const keys = await this.keys.byId([...new Map(ids.map(id => [id.toHexString(), id])).values()]);
    return text => {
      const key = text === null ? undefined : keys.get(keyIdOf(text).toHexString());
      return text === null || !key ? null : this.decrypted(key, text);
    };
  }

  private decrypted(key: Buffer, sealed: string): string {
    const [, id = '', body = ''] = sealed.split('.');
    try {
      return decrypt(key, Buffer.from(body, 'base64url'), this.boundTo(id)).toString();
    } catch (error) {
      throw new SealedValueError('it was changed, or belongs to another tenant', { cause: error });
    }
  }

  private boundTo(keyId: string): Buffer {
    return Buffer.from(['voho personal', VERSION, this.context.tenant.id.toHexString(), keyId].join('\0'));
  }
}

/** @throws SealedValueError for what is no sealed text. */
function keyIdOf(sealed: unknown): ObjectId {
  const [version, hex, body, ...rest] = typeof sealed === 'string' ? sealed.split('.') : [];
  const id = parseObjectId(hex ?? '');
  if (version !== VERSION || !id || !body || rest.length > 0)
    throw new SealedValueError('it has another format');
  return id;
}

/** The key that a text names; none for null, and for what is met again when it is opened. */
function idsIn(sealed: string | null): ObjectId[] {
  if (sealed === null) return [];
  try {
    return [keyIdOf(sealed)];
  } catch {
    return [];
  }
}
