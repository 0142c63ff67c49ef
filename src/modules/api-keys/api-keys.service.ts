import { Injectable } from '@nestjs/common';
import { ApiKeyCache } from '../../auth/api-key-cache.js';
import { apiKeyPrefix, hashApiKey, makeApiKey } from '../../auth/api-key-format.js';
import type { ApiKeyDocument } from '../../auth/api-key.schema.js';
import { ApiKeysRepository } from '../../auth/api-keys.repository.js';
import { Credentials } from '../../auth/credentials.js';
import { isAllowed } from '../../auth/permissions.js';
import { conflict, notFound } from '../../errors/domain-error.js';
import { fromPublicId, toPublicId } from '../../ids/public-id.js';
import { newObjectId } from '../../mongo/object-id.js';
import { UnitOfWork } from '../../mongo/unit-of-work.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { AuditLog } from '../audit/audit-log.js';
import { type ApiKeyModel, apiKeyModel } from './api-key.model.js';
import type { CreateApiKeyInput } from './create-api-key.input.js';

/** Keys that a tenant may have at once: the list of them is read in one piece. */
const MOST_OPEN = 100;

/** The API keys of the running operation's tenant. */
@Injectable()
export class ApiKeysService {
  constructor(
    private readonly keys: ApiKeysRepository,
    private readonly credentials: Credentials,
    private readonly cache: ApiKeyCache,
    private readonly audit: AuditLog,
    private readonly work: UnitOfWork,
    private readonly context: TenantContext,
  ) {}

  /** Those that are not revoked, newest first, expired ones among them. */
  list(): Promise<ApiKeyDocument[]> {
    return this.keys.open(MOST_OPEN);
  }

  /** A key by its public id, also a revoked one; null for an unknown one, and for those who may not manage keys. */
  async find(publicId: string): Promise<ApiKeyModel | null> {
    const id = isAllowed(this.context.viewer, 'keys:manage') ? fromPublicId('key', publicId) : null;
    const key = id && (await this.keys.findById(id));
    return key && apiKeyModel(key);
  }

  /**
   * Makes a key.
   * @returns it with its secret, which is stored nowhere.
   * @throws DomainError CONFLICT when the tenant has too many.
   */
  create({ name, scopes, expiresAt }: CreateApiKeyInput): Promise<{ key: ApiKeyDocument; secret: string }> {
    const { tenant, viewer } = this.context;
    return this.work.run(async () => {
      if ((await this.keys.countOpen()) >= MOST_OPEN)
        throw conflict(`There are ${MOST_OPEN} API keys: revoke some first.`);
      const id = newObjectId();
      const secret = makeApiKey(id);
      const key = await this.keys.add({
        _id: id,
        name,
        scopes,
        hash: hashApiKey(secret).toString('hex'),
        lastFour: secret.slice(-4),
        createdById: viewer.kind === 'user' ? viewer.userId : null,
        createdAt: new Date(),
        expiresAt: expiresAt ?? null,
        lastUsedAt: null,
        revokedAt: null,
      });
      await this.credentials.note(apiKeyPrefix(id), {
        kind: 'key',
        tenantId: tenant.id,
        subjectId: id,
        expiresAt: key.expiresAt,
      });
      await this.audit.record({
        action: 'api_key.created',
        details: {
          keyId: toPublicId('key', id),
          name,
          scopes,
          expiresAt: key.expiresAt?.toISOString() ?? null,
        },
      });
      return { key, secret };
    });
  }

  /**
   * Ends a key: requests with it are refused within a second, and its streams end within two. One that is revoked
   * already stays as it is, without another audit row.
   * @throws DomainError NOT_FOUND.
   */
  revoke(publicId: string): Promise<ApiKeyDocument> {
    const id = fromPublicId('key', publicId);
    if (!id) throw notFound('API key');
    return this.work.run(async () => {
      const known = await this.keys.findById(id);
      if (!known) throw notFound('API key');
      const key = await this.keys.revoke(id);
      if (!key) return known;
      await this.credentials.revoke('key', this.context.tenant.id, id);
      await this.audit.record({
        action: 'api_key.revoked',
        details: { keyId: publicId, name: key.name },
      });
      this.work.afterCommit(() => {
        this.cache.clear();
      });
      return key;
    });
  }
}
