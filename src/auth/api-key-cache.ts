import { timingSafeEqual } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { toPublicId } from '../ids/public-id.js';
import { type PlatformKey, platformKey, type TenantKey, tenantKey } from '../ids/tenant-key.js';
import type { ObjectId } from '../mongo/object-id.js';
import { BriefCache } from '../tenancy/brief-cache.js';
import { TenantRunner } from '../tenancy/tenant-runner.js';
import { jobScope } from '../tenancy/tenant-scope.js';
import type { ApiKeyViewer } from '../tenancy/viewer.js';
import type { ParsedApiKey } from './api-key-format.js';
import type { ApiKeyDocument } from './api-key.schema.js';
import { ApiKeysRepository } from './api-keys.repository.js';
import { Credentials } from './credentials.js';
import { VIEWER_LIFETIME_MS } from './viewer-cache.js';

const MOST_KEPT = 5000;
/** How exactly a key's last use is known: each is written at most that often. */
const USE_NOTED_EVERY_MS = 60_000;

/** Whom an API key stands for. */
export interface KnownApiKey {
  readonly viewer: ApiKeyViewer;
  readonly tenantId: ObjectId;
  readonly expiresAt: Date | null;
}

/** A key that leads to a tenant and does not count there. */
export interface RefusedApiKey {
  readonly tenantId: ObjectId;
  readonly keyId: ObjectId;
}

/** What is known of a key that was sent. */
export interface FoundApiKey {
  /** Whom it stands for; null when it is unknown, revoked or expired. */
  readonly known: KnownApiKey | null;
  /** Where it leads, if it does not count; null for one that leads nowhere. */
  readonly refused: RefusedApiKey | null;
}

/** How long a key that has counted is looked up before the limits of its address are asked. */
const COUNTED_FOR_MS = 3_600_000;

/** Who stands behind an API key, read from the database at most once a second per process, as sessions are. */
@Injectable()
export class ApiKeyCache {
  private readonly logger = new Logger('ApiKeys');
  /** By the hash of the whole key, which leads to its tenant. */
  private readonly byHash = new BriefCache<PlatformKey, KnownApiKey>(VIEWER_LIFETIME_MS, MOST_KEPT);
  private readonly byId = new BriefCache<TenantKey, KnownApiKey>(VIEWER_LIFETIME_MS, MOST_KEPT);

  /** When the keys that have counted did so last. */
  private readonly counted = new Map<PlatformKey, number>();

  constructor(
    private readonly credentials: Credentials,
    private readonly keys: ApiKeysRepository,
    private readonly runner: TenantRunner,
  ) {}

  /** Whom the key stands for, or where it leads without counting. */
  async get(key: ParsedApiKey): Promise<FoundApiKey> {
    const name = nameOf(key);
    let refused: RefusedApiKey | null = null;
    const known = await this.byHash.get(name, async () => {
      const found = await this.read(key);
      refused = found.refused;
      return found.known;
    });
    if (!known || !isInTime(known)) return { known: null, refused };
    this.noteCounted(name);
    return { known, refused: null };
  }

  /** Whether the key has counted in this process within the last hour. Looks nothing up. */
  hasCounted(key: ParsedApiKey): boolean {
    const at = this.counted.get(nameOf(key));
    return at !== undefined && performance.now() - at < COUNTED_FOR_MS;
  }

  /** The key's viewer as he is now, for whoever has been let in with it; null once it is revoked or expired. */
  async present(tenantId: ObjectId, keyId: ObjectId): Promise<ApiKeyViewer | null> {
    const known = await this.byId.get(tenantKey(tenantId, keyId.toHexString()), () =>
      this.runner.run(jobScope(tenantId, 'authenticator'), async () =>
        knownKey(await this.keys.findById(keyId)),
      ),
    );
    return known && isInTime(known) ? known.viewer : null;
  }

  /** Forgets everything, so that a change made in this process counts at once here. */
  clear(): void {
    this.byHash.clear();
    this.byId.clear();
  }

  private async read({ id, prefix, hash }: ParsedApiKey): Promise<FoundApiKey> {
    const entry = await this.credentials.find('key', prefix);
    if (!entry?.subjectId.equals(id)) return { known: null, refused: null };
    const refused = { tenantId: entry.tenantId, keyId: id };
    return this.runner.run(jobScope(entry.tenantId, 'authenticator'), async () => {
      const key = await this.keys.findById(id);
      const isRight = key !== null && timingSafeEqual(Buffer.from(key.hash, 'hex'), hash);
      const known = isRight ? knownKey(key) : null;
      if (known && key) this.noteUse(key);
      return { known, refused: known ? null : refused };
    });
  }

  private noteCounted(name: PlatformKey): void {
    this.counted.delete(name);
    this.counted.set(name, performance.now());
    const [oldest] = this.counted.keys();
    if (this.counted.size > MOST_KEPT && oldest !== undefined) this.counted.delete(oldest);
  }

  /** Nobody waits for it: a use that is not noted is no reason to refuse it. */
  private noteUse({ _id, lastUsedAt }: ApiKeyDocument): void {
    const now = new Date();
    const before = new Date(now.getTime() - USE_NOTED_EVERY_MS);
    if (lastUsedAt && lastUsedAt >= before) return;
    this.keys.noteUse(_id, now, before).catch((error: unknown) => {
      this.logger.warn(`The use of a key could not be noted: ${(error as Error).message}`);
    });
  }
}

/** Whom a stored key stands for; null for none, and for one that is revoked or expired. */
function knownKey(key: ApiKeyDocument | null): KnownApiKey | null {
  if (!key || key.revokedAt) return null;
  const known: KnownApiKey = {
    viewer: Object.freeze({
      kind: 'key',
      keyId: key._id,
      scopes: key.scopes,
      label: `API key ${key.name} (${toPublicId('key', key._id)})`,
    }),
    tenantId: key.tenantId,
    expiresAt: key.expiresAt,
  };
  return isInTime(known) ? known : null;
}

const nameOf = ({ hash }: ParsedApiKey): PlatformKey => platformKey('api-key', hash.toString('base64'));

const isInTime = ({ expiresAt }: KnownApiKey) => expiresAt === null || expiresAt > new Date();
