import { Field, Int, ObjectType } from '@nestjs/graphql';
import { toPublicId } from '../../ids/public-id.js';
import { ConnectionOf } from '../../pagination/connection.model.js';
import { Node } from '../../schema/node.model.js';
import { DateTime, JSONObject } from '../../schema/scalars.js';
import { UserModel } from '../users/user.model.js';
import type { AuditLinkDocument } from './audit-chain.schema.js';
import type { ReadableRow } from './audit-reader.js';
import type { AuditDocument } from './audit.schema.js';
import { FIELD_COST } from '../../schema/field-costs.js';

@ObjectType('AuditEvent', {
  implements: () => [Node],
  description:
    'Something that was done in the tenant. Written together with what it tells of, and never changed.',
})
export class AuditEventModel implements Node {
  id!: string;

  @Field({ description: 'Opaque place in the log, for `after` of the list and of the subscription alike.' })
  cursor!: string;

  @Field(() => Int, {
    nullable: true,
    description:
      '1, 2, 3 … within the tenant, without gaps; null for the moment until it is sealed into the chain.',
  })
  sequence!: Promise<number | null>;

  @Field({ description: 'What was done, such as `user.login`.' })
  action!: string;

  @Field(() => UserModel, {
    nullable: true,
    description: 'Who did it; null for the server itself, for strangers, and for somebody erased since.',
  })
  actor!: Promise<UserModel | null>;

  @Field(() => String, {
    description: 'Who did it, in words that stay readable; a pseudonym once he is erased.',
  })
  actorLabel!: Promise<string>;

  @Field(() => JSONObject, {
    description:
      'What it was done to; which keys there are depends on the action. What told who somebody was is missing once he is erased.',
    complexity: FIELD_COST.longText,
  })
  details!: Promise<Record<string, unknown>>;

  @Field(() => String, {
    nullable: true,
    description: 'Null where it did not come over a network, and once the actor is erased.',
  })
  ip!: Promise<string | null>;

  @Field(() => String, {
    nullable: true,
    description: 'Null when none was sent, and once the actor is erased.',
  })
  userAgent!: Promise<string | null>;

  @Field(() => DateTime)
  occurredAt!: Date;

  @Field(() => String, {
    nullable: true,
    description: 'Covers this event and the hash before it; null for the moment until it is sealed.',
  })
  hash!: Promise<string | null>;
}

@ObjectType()
export class AuditEventConnection extends ConnectionOf(AuditEventModel, 'AuditEvent') {}

/** What an event points to; read when it is first asked for, and not before. */
export interface AuditJoins {
  linkOf(row: AuditDocument): Promise<AuditLinkDocument | null>;
  actorOf(row: AuditDocument): Promise<UserModel | null>;
  readableOf(row: AuditDocument): Promise<ReadableRow>;
}

/** A stored row as the API shows it. */
export function toAuditEventModel(row: AuditDocument, cursor: string, joins: AuditJoins): AuditEventModel {
  return {
    id: toPublicId('audit', row._id),
    cursor,
    get sequence() {
      return joins.linkOf(row).then(link => link?.sequence ?? null);
    },
    action: row.action,
    get actor() {
      return joins.actorOf(row);
    },
    get actorLabel() {
      return joins.readableOf(row).then(({ actorLabel }) => actorLabel);
    },
    get details() {
      return joins.readableOf(row).then(({ details }) => details);
    },
    get ip() {
      return joins.readableOf(row).then(({ ip }) => ip);
    },
    get userAgent() {
      return joins.readableOf(row).then(({ userAgent }) => userAgent);
    },
    occurredAt: row.occurredAt,
    get hash() {
      return joins.linkOf(row).then(link => link?.hash ?? null);
    },
  };
}
