import { Field, ObjectType } from '@nestjs/graphql';
import { apiKeyPrefix } from '../../auth/api-key-format.js';
import type { ApiKeyDocument } from '../../auth/api-key.schema.js';
import { toPublicId } from '../../ids/public-id.js';
import { enumOf } from '../../schema/enums.js';
import { Node } from '../../schema/node.model.js';
import { DateTime } from '../../schema/scalars.js';
import { API_KEY_SCOPES, type ApiKeyScope as Scope } from '../../tenancy/viewer.js';

export const ApiKeyScope = enumOf(
  'ApiKeyScope',
  API_KEY_SCOPES,
  'What a key opens. Every key: tenant, branding. CALLS_READ: call, calls, dashboard and the live events of calls. ' +
    'CALLS_WRITE: createCall, endCall, sendCallMessage, deleteCall. AGENTS_READ, AGENTS_WRITE: agents. ANALYTICS_READ: ' +
    'callAnalytics, usage. AUDIT_READ: auditEvents, verifyAuditLog. WEBHOOKS_MANAGE: webhooks; with CALLS_READ, new ones. Nothing else is open to keys.',
);

@ObjectType('ApiKey', {
  implements: () => [Node],
  description:
    "A program's credential. It acts for the tenant and sees all of its calls; it stays when the user who made it goes.",
})
export class ApiKeyModel implements Node {
  id!: string;

  @Field()
  name!: string;

  @Field({ description: 'What the key begins with.' })
  prefix!: string;

  @Field({ description: 'What the key ends with.' })
  lastFour!: string;

  @Field(() => [ApiKeyScope])
  scopes!: readonly Scope[];

  @Field(() => DateTime)
  createdAt!: Date;

  @Field(() => DateTime, { nullable: true, description: 'To the minute; null: never used.' })
  lastUsedAt!: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'null: it counts until it is revoked.' })
  expiresAt!: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'null: it is not revoked.' })
  revokedAt!: Date | null;
}

@ObjectType('CreateApiKeyPayload', { description: 'A new key with its secret.' })
export class CreateApiKeyPayloadModel {
  @Field(() => ApiKeyModel)
  apiKey!: ApiKeyModel;

  @Field({
    description: 'The whole key, for `Authorization: Bearer`. Shown this once; only its hash is kept.',
  })
  secret!: string;
}

/** What clients see of a key. */
export function apiKeyModel(key: ApiKeyDocument): ApiKeyModel {
  const { name, lastFour, scopes, createdAt, lastUsedAt, expiresAt, revokedAt } = key;
  return {
    id: toPublicId('key', key._id),
    prefix: apiKeyPrefix(key._id),
    name,
    lastFour,
    scopes,
    createdAt,
    lastUsedAt,
    expiresAt,
    revokedAt,
  };
}
