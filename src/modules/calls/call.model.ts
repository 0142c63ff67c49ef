import { Field, Float, Int, ObjectType } from '@nestjs/graphql';
import {
  CALL_END_REASONS,
  CALL_STATUSES,
  type CallEndReason,
  type CallStatus,
} from '../../events/call-event.schema.js';
import { reportUnreadable } from '../../errors/unreadable-data.js';
import { toPublicId } from '../../ids/public-id.js';
import { ConnectionOf } from '../../pagination/connection.model.js';
import { enumOf } from '../../schema/enums.js';
import { Node } from '../../schema/node.model.js';
import { JSONObject } from '../../schema/scalars.js';
import { CALL_MEDIA, type CallDocument, type CallMedium } from './call.schema.js';
import { FIELD_COST } from '../../schema/field-costs.js';

export const CallStatusEnum = enumOf(
  'CallStatus',
  CALL_STATUSES,
  'QUEUED: accepted here, not yet known at the provider. RINGING: created at the provider, nobody has joined. ' +
    'IN_PROGRESS: joined. Final are COMPLETED (joined and over), FAILED (an error ended it) and ENDED (over before ' +
    'anyone joined). A status never moves backwards.',
);
export const CallMediumEnum = enumOf(
  'CallMedium',
  CALL_MEDIA,
  'WEB: joined by a joinUrl. PHONE: dialled by the provider.',
);
export const CallEndReasonEnum = enumOf(
  'CallEndReason',
  CALL_END_REASONS,
  'Why a call is over. OTHER: a reason that the provider has added since.',
);

/** A call. The document behind it stays at hand for the fields that are resolved one by one. */
@ObjectType('Call', { implements: () => [Node], description: 'A voice call between an agent and a person.' })
export class CallModel extends Node {
  /** Not part of the API: what the field resolvers start from. */
  document!: CallDocument;

  @Field(() => CallStatusEnum)
  status!: CallStatus;

  @Field(() => CallMediumEnum)
  medium!: CallMedium;

  @Field(() => Int, {
    nullable: true,
    description: 'Version of the agent it was made from; null without an agent.',
  })
  agentVersion!: number | null;

  @Field({
    description: 'The prompt as it was given to the provider, placeholders filled in.',
    complexity: FIELD_COST.longText,
  })
  systemPrompt!: string;

  @Field(() => String, { nullable: true, description: "null: the provider's default." })
  voice!: string | null;

  @Field(() => String, { nullable: true, description: "null: the provider's default." })
  model!: string | null;

  @Field(() => JSONObject, { description: 'Your own text values.', complexity: FIELD_COST.longText })
  metadata!: Record<string, unknown>;

  @Field(() => String, {
    nullable: true,
    description: "The provider's id of it; null until it is known there.",
  })
  providerCallId!: string | null;

  @Field({ description: 'Whether the simulator plays both sides of it.' })
  isSimulated!: boolean;

  @Field()
  createdAt!: Date;

  @Field(() => Date, { nullable: true, description: 'null: nobody has joined.' })
  joinedAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'null: it is not over.' })
  endedAt!: Date | null;

  @Field(() => Float, {
    nullable: true,
    description: 'From the join to the end; null unless joined and over.',
  })
  durationSeconds!: number | null;

  @Field(() => Float, { nullable: true, description: 'What the provider bills; null until it says so.' })
  billedSeconds!: number | null;

  @Field(() => CallEndReasonEnum, { nullable: true, description: 'null: it is not over.' })
  endReason!: CallEndReason | null;

  @Field(() => String, {
    nullable: true,
    description: 'What went wrong, in words a user may read; null: nothing did.',
  })
  failure!: string | null;

  /** Shown by CallFieldsResolver, which puts on record that they are read. */
  summary!: string | null;
  shortSummary!: string | null;
}

@ObjectType()
export class CallConnection extends ConnectionOf(CallModel, 'Call') {}

/** Fields of a call that may hold tens of thousands of characters. A page of them is read only where they are asked for. */
export const LONG_CALL_FIELDS = ['systemPrompt', 'metadata', 'summary'] as const;
export type LongCallField = (typeof LONG_CALL_FIELDS)[number];

/** A stored call as the API shows it. Long fields that were not read are missing: nobody has asked for them. */
export function toCallModel(document: CallDocument): CallModel {
  const { joinedAt, endedAt } = document;
  return {
    id: toPublicId('call', document._id),
    document,
    status: document.status,
    medium: document.medium,
    agentVersion: document.agentVersion,
    systemPrompt: document.systemPrompt,
    voice: document.voice,
    model: document.model,
    metadata: metadataOf(document),
    providerCallId: document.provider.callId,
    isSimulated: document.isSimulated,
    createdAt: document.createdAt,
    joinedAt,
    endedAt,
    durationSeconds:
      joinedAt && endedAt ? Math.max(0, (endedAt.getTime() - joinedAt.getTime()) / 1000) : null,
    billedSeconds: document.billedSeconds,
    endReason: document.endReason,
    failure: document.failure,
    summary: textOf(document, 'summary'),
    shortSummary: textOf(document, 'shortSummary'),
  };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The metadata of a call; empty where it was not read, and, with the alarm, where it is none. */
function metadataOf(document: CallDocument): Record<string, unknown> {
  const metadata: unknown = document.metadata;
  if (isRecord(metadata)) return metadata;
  return metadata === undefined ? {} : damaged(document, 'metadata', {});
}

/** A text of a call; null, with the alarm, where it is none: one damaged call must not take its list with it. */
function textOf(document: CallDocument, field: 'summary' | 'shortSummary'): string | null {
  const text: unknown = document[field];
  return text == null || typeof text === 'string' ? (text ?? null) : damaged(document, field, null);
}

function damaged<T>({ _id }: CallDocument, field: string, instead: T): T {
  reportUnreadable({ what: 'call', id: _id.toHexString(), reason: `its ${field} cannot be read` });
  return instead;
}
