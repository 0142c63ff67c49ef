import { Injectable } from '@nestjs/common';
import type { UserDocument } from '../../auth/user.schema.js';
import { EventWords } from '../../events/event-words.js';
import { toPublicId } from '../../ids/public-id.js';
import { SignedLinks } from '../../links/signed-links.js';
import { type AnyRow, TenantData } from '../../tenancy/tenant-data.js';
import type { TenantDocument } from '../../tenancy/tenant.schema.js';
import { AuditReader } from '../audit/audit-reader.js';
import { EXPORTED, omittedOf } from './export-plan.js';

/** How long the links to recordings work that stand in an archive. */
const RECORDING_LINK_MS = 3_600_000;

type Filter = Readonly<Record<string, unknown>>;

/** Writes archives, line by line, in the running scope's tenant: nothing but the line in hand is in memory. */
@Injectable()
export class ExportArchive {
  constructor(
    private readonly data: TenantData,
    private readonly words: EventWords,
    private readonly audit: AuditReader,
    private readonly links: SignedLinks,
  ) {}

  /** Everything of the tenant. */
  async *ofTenant(tenant: TenantDocument): AsyncGenerator<string, void, undefined> {
    const { sealedUltravoxApiKey: _secret, ...record } = tenant;
    yield* numbered('tenant', this.tenantRows(record));
  }

  /** Everything that is a user's: what he has made, what was said in his calls, and what he has done. */
  async *ofUser(user: UserDocument): AsyncGenerator<string, void, undefined> {
    yield* numbered('user', this.userRows(user));
  }

  private async *tenantRows(record: object): AsyncGenerator<[type: string, row: object]> {
    yield ['tenant', record];
    for (const { name } of EXPORTED) yield* this.rows(name);
  }

  private async *userRows({ _id, email }: UserDocument): AsyncGenerator<[type: string, row: object]> {
    yield* this.rows('users', { _id });
    yield* this.rows('sessions', { userId: _id });
    yield* this.rows('invitations', { email });
    yield* this.rows('apiKeys', { createdById: _id });
    yield* this.rows('agentVersions', { createdById: _id });
    for await (const [type, call] of this.rows('calls', { createdById: _id })) {
      yield [type, call];
      yield* this.rows('utterances', { callId: (call as AnyRow)._id });
    }
    yield* this.rows('callEvents', { ownerId: _id });
    yield* this.rows('auditEvents', { actorId: _id });
  }

  private async *rows(collection: string, filter: Filter = {}): AsyncGenerator<[type: string, row: object]> {
    for await (const row of this.data.rows(collection, filter, omittedOf(collection)))
      yield [collection, await this.readable(collection, row)];
  }

  /** A row with what is sealed in it, as far as it can be opened; audit rows keep what their hash covers. */
  private async readable(collection: string, row: AnyRow): Promise<object> {
    switch (collection) {
      case 'callEvents': {
        const { sealedWords: _sealed, ...event } = await this.words.open(row as never);
        return event;
      }
      case 'auditEvents': {
        const opened = await this.audit.open([row as never]);
        return { ...row, readable: opened.get(row._id.toHexString()) };
      }
      case 'calls':
        return { ...row, recording: this.recordingOf(row) };
      default:
        return row;
    }
  }

  private recordingOf(call: AnyRow) {
    const settlement = call['settlement'] as { readonly recording?: string } | null | undefined;
    if (settlement?.recording !== 'ready' || call['deletedAt']) return null;
    return this.links.issue('recordings', `${toPublicId('call', call._id)}.wav`, RECORDING_LINK_MS);
  }
}

/** One line per row between a beginning and an end, so that an archive that broke off can be told from a whole one. */
async function* numbered(
  subject: 'tenant' | 'user',
  rows: AsyncIterable<[type: string, row: object]>,
): AsyncGenerator<string, void, undefined> {
  let count = 0;
  yield line({ type: 'begin', subject, format: 1, at: new Date() });
  for await (const [type, row] of rows) {
    yield line({ type, row });
    count += 1;
  }
  yield line({ type: 'end', rows: count });
}

const line = (value: object): string => `${JSON.stringify(value)}\n`;
