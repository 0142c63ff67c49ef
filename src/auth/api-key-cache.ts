import { timingSafeEqual } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { toPublicId } from '../ids/public-id.js';
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

/** Who stands behind an API key, read from the database at most once a second per process, as sessions are. */
@Injectable()
export class ApiKeyCache {
  private readonly logger = new Logger('ApiKeys');
  private readonly cache = new BriefCache<KnownApiKey>(VIEWER_LIFETIME_MS, MOST_KEPT);

  constructor(
    private readonly credentials: Credentials,
    private readonly keys: ApiKeysRepository,
    private readonly runner: TenantRunner,
  ) {}

  /** Whom the key stands for; null when it is unknown, revoked or expired. */
  async get(key: ParsedApiKey): Promise<KnownApiKey | null> {
    const known = await this.cache.get(key.hash.toString('base64'), () => this.read(key));
    return known && isInTime(known) ? known : null;
  }

  /** The key's viewer as he is now, for whoever has been let in with it; null once it is revoked or expired. */
  async present(tenantId: ObjectId, keyId: ObjectId): Promise<ApiKeyViewer | null> {
    const known = await this.cache.get(keyId.toHexString(), () =>
      this.runner.run(jobScope(tenantId, 'authenticator'), async () =>
        knownKey(await this.keys.findById(keyId)),
      ),
    );
    return known && isInTime(known) ? known.viewer : null;
  }

  /** Forgets everything, so that a change made in this process counts at once here. */
  clear(): void {
    this.cache.clear();
  }

  private async read({ id, prefix, hash }: ParsedApiKey): Promise<KnownApiKey | null> {
    const entry = await this.credentials.find('key', prefix);
    if (!entry?.subjectId.equals(id)) return null;
    return this.runner.run(jobScope(entry.tenantId, 'authenticator'), async () => {
      const key = await this.keys.findById(id);
      if (!key || !timingSafeEqual(Buffer.from(key.hash, 'hex'), hash)) return null;
      const known = knownKey(key);
      if (known) this.noteUse(key);
      return known;
    });
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

const isInTime = ({ expiresAt }: KnownApiKey) => expiresAt === null || expiresAt > new Date();
