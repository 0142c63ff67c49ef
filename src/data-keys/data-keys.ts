import { createHmac, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type TenantKey, tenantKey } from '../ids/tenant-key.js';
import type { ObjectId } from '../mongo/object-id.js';
import { StoreClock } from '../mongo/store-clock.js';
import { BriefCache } from '../tenancy/brief-cache.js';
import { TenantContext } from '../tenancy/tenant-context.js';
import { KEY_BYTES } from '../vault/cipher.js';
import { reportUnreadable } from '../errors/unreadable-data.js';
import { SealedValueError, Vault } from '../vault/vault.js';
import { DATA_KEY_FIELD, type DataKeyDocument } from './data-key.schema.js';
import { DataKeysRepository } from './data-keys.repository.js';

/**
 * A person: a user, the owner of an e-mail address that the tenant knows, or the owner of an address that a stranger has
 * typed. A stranger's address has a key that ends by itself, since strangers can type as many as they like.
 */
export type Person =
  { readonly userId: ObjectId } | { readonly email: string } | { readonly visitor: string };

/** A key in use. */
export interface DataKey {
  readonly id: ObjectId;
  readonly bytes: Buffer;
}

/** How long what a stranger has typed can be read. */
export const VISITOR_KEY_LIFETIME_MS = 30 * 86_400_000;

/** How long a key may be used after somebody else has destroyed it. */
const LIFETIME_MS = 1000;
const MOST_KEPT = 20_000;
/** A key that is older was committed: no transaction takes so long. */
const SURELY_COMMITTED_MS = 20_000;
/** The subject of the key that stands in for addresses: it makes them comparable without telling them. */
const ADDRESSES = 'addresses';

/**
 * The keys of persons, one each, wrapped by the vault. A user's key leaves a mark when it is destroyed, so that what
 * is still under way never makes him a new one. An address may come back later, with a new key.
 */
@Injectable()
export class DataKeys {
  private readonly cache = new BriefCache<TenantKey, DataKey>(LIFETIME_MS, MOST_KEPT);

  constructor(
    private readonly keys: DataKeysRepository,
    private readonly vault: Vault,
    private readonly context: TenantContext,
    private readonly clock: StoreClock,
  ) {}

  /** A person's key, made when it is first asked for; null once it was destroyed. Joins the running transaction. */
  async of(person: Person): Promise<DataKey | null> {
    const lifetimeMs = 'visitor' in person ? VISITOR_KEY_LIFETIME_MS : null;
    return this.ofSubject(await this.subjectOf(person), lifetimeMs);
  }

  /**
   * A user's key by its id; null once it is destroyed, though for a second it may still be given.
   * @throws SealedValueError when it cannot be opened, or is not there though it was never destroyed.
   */
  async one(id: ObjectId): Promise<DataKey | null> {
    return this.cache.get(tenantKey(this.context.tenant.id, 'id', id.toHexString()), async () => {
      const [document] = await this.keys.findByIds([id]);
      // A user's key leaves a mark when it is destroyed.
      if (!document) throw new SealedValueError('its data key is missing');
      return this.opened(document);
    });
  }

  /** Keys by the hex digits of their ids; destroyed ones are missing, and those that cannot be opened raise the alarm. */
  async byId(ids: readonly ObjectId[]): Promise<ReadonlyMap<string, Buffer>> {
    if (ids.length === 0) return new Map();
    const found = (await this.keys.findByIds(ids)).map(document => this.openedOrTold(document));
    return new Map(found.flatMap(key => (key ? [[key.id.toHexString(), key.bytes] as const] : [])));
  }

  /**
   * Destroys a person's key, in the running transaction: what is sealed with it is unreadable from then on. With the key
   * of an address goes the one that it has from strangers who have typed it.
   */
  async destroy(person: Person): Promise<void> {
    if ('email' in person) await this.keys.remove(await this.subjectOf({ visitor: person.email }));
    const subject = await this.subjectOf(person);
    await ('userId' in person ? this.keys.destroy(subject, this.clock.now()) : this.keys.remove(subject));
    this.cache.clear();
  }

  /** When a user's key was destroyed; null while it was not. */
  async destroyedAt(userId: ObjectId): Promise<Date | null> {
    return (await this.keys.findBySubject(await this.subjectOf({ userId })))?.destroyedAt ?? null;
  }

  private async ofSubject(subject: string, lifetimeMs: number | null = null): Promise<DataKey | null> {
    const inCache = tenantKey(this.context.tenant.id, 'subject', subject);
    const known = await this.cache.get(inCache, async () => {
      const document = await this.keys.findBySubject(subject);
      // One that this very transaction has made may never have been, if it is rolled back.
      const isOld = document && Date.now() - document.createdAt.getTime() > SURELY_COMMITTED_MS;
      return isOld ? this.opened(document) : null;
    });
    if (known) return known;
    const document = await this.keys.findBySubject(subject);
    const expiresAt = lifetimeMs === null ? null : this.clock.in(lifetimeMs);
    return this.opened(document ?? (await this.keys.add(subject, this.newKey(), expiresAt)));
  }

  private newKey(): string {
    return this.vault.seal(this.context.tenant.id, DATA_KEY_FIELD, randomBytes(KEY_BYTES).toString('base64'));
  }

  private opened({ _id, tenantId, sealedKey }: DataKeyDocument): DataKey | null {
    if (sealedKey == null) return null;
    return { id: _id, bytes: Buffer.from(this.vault.open(tenantId, DATA_KEY_FIELD, sealedKey), 'base64') };
  }

  private openedOrTold(document: DataKeyDocument): DataKey | null {
    try {
      return this.opened(document);
    } catch (error) {
      if (!(error instanceof SealedValueError)) throw error;
      reportUnreadable({ what: 'data key', id: document._id.toHexString(), reason: error.message });
      return null;
    }
  }

  private async subjectOf(person: Person): Promise<string> {
    if ('userId' in person) return `user:${person.userId.toHexString()}`;
    const secret = await this.ofSubject(ADDRESSES);
    if (!secret) throw new Error('The key for addresses is never destroyed alone');
    const [kind, address] = 'email' in person ? ['address', person.email] : ['visitor', person.visitor];
    return `${kind}:${createHmac('sha256', secret.bytes).update(address).digest('base64url')}`;
  }
}
