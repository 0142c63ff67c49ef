import { Injectable } from '@nestjs/common';
import { isAllowed } from '../../auth/permissions.js';
import { PresentViewer } from '../../auth/present-viewer.js';
import { Sealer } from '../../events/sealer.js';
import type { StreamPosition } from '../../events/stream-head.schema.js';
import { fromPublicId } from '../../ids/public-id.js';
import { newObjectId, type ObjectId, parseObjectId } from '../../mongo/object-id.js';
import { type Connection, type PageArguments, paginate } from '../../pagination/connection.js';
import { CursorCodec } from '../../pagination/cursor-codec.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { AuditChain } from './audit-chain.js';
import { type AuditEventModel, type AuditJoins, toAuditEventModel } from './audit-event.model.js';
import { AuditFeed, type SealedRow } from './audit-feed.js';
import type { AuditFilter } from './audit-filter.input.js';
import { AuditJoining } from './audit-joining.js';
import { type AuditCriteria, AuditRepository } from './audit.repository.js';
import type { AuditDocument } from './audit.schema.js';
import { soundRow } from './sound-row.js';

/** The one kind of cursor that events of the log have: the list's, by time and id. */
const LIST = 'auditEvents';

/** Reads the audit log of the running operation's tenant. */
@Injectable()
export class AuditService {
  constructor(
    private readonly rows: AuditRepository,
    private readonly chain: AuditChain,
    private readonly feed: AuditFeed,
    private readonly joining: AuditJoining,
    private readonly sealer: Sealer,
    private readonly viewers: PresentViewer,
    private readonly cursors: CursorCodec,
    private readonly context: TenantContext,
  ) {}

  /** An event by its public id; null for an unknown one, and for those who may not read the log. */
  async find(publicId: string): Promise<AuditEventModel | null> {
    const id = isAllowed(this.context.viewer, 'audit:read') ? fromPublicId('audit', publicId) : null;
    const [row] = id ? (await this.rows.findByIds([id])).map(soundRow) : [];
    return row ? this.modelOf(row, this.joining.of([row])) : null;
  }

  /** A page of the log, newest first. @throws DomainError BAD_USER_INPUT for a forged cursor. */
  list(page: PageArguments, filter?: AuditFilter | null): Promise<Connection<AuditEventModel>> {
    const criteria = criteriaOf(filter);
    let joins: AuditJoins = this.joining.of([]);
    return paginate<AuditDocument, AuditEventModel>({
      list: LIST,
      page,
      order: { field: 'occurredAt', direction: -1, keyOf: row => row.occurredAt },
      cursors: this.cursors,
      fetch: async query => {
        const rows = (await this.rows.page(query, criteria)).map(soundRow);
        joins = this.joining.of(rows);
        return rows;
      },
      count: () => this.rows.countMatching(criteria),
      toNode: row => this.modelOf(row, joins),
    });
  }

  /** The place of the last sealed event. */
  head(): Promise<StreamPosition> {
    return this.feed.head();
  }

  /**
   * Follows the log in sealed order, for as long as the viewer may read it.
   * @param after an event's cursor; empty: from the beginning; null: only what comes.
   * @throws DomainError BAD_USER_INPUT for a forged cursor, CURSOR_EXPIRED for one whose event is gone.
   */
  async follow(after: string | null): Promise<AsyncIterableIterator<SealedRow>> {
    const head = await this.head();
    const position = after === null ? head.position : after === '' ? 0 : await this.sequenceBehind(after);
    return this.feed.follow({ ...head, position }, async () => {
      await this.viewers.with('audit:read');
      return {};
    });
  }

  /** Follows only what was done of certain actions, for work of the server that depends on it. */
  followActions(
    actions: readonly string[],
    start: StreamPosition,
    signal: AbortSignal,
  ): AsyncIterableIterator<SealedRow> {
    return this.feed.follow(start, () => ({ actions }), signal);
  }

  /** A followed event as the API shows it. */
  sealedModelOf({ link, row }: SealedRow): AuditEventModel {
    if (!row) throw new Error('A row that is gone is not delivered');
    const sound = soundRow(row);
    return this.modelOf(sound, this.joining.of([sound], [link]));
  }

  private modelOf(row: AuditDocument, joins: AuditJoins): AuditEventModel {
    const cursor = this.cursors.write(LIST, [row.occurredAt.getTime(), row._id.toHexString()]);
    return toAuditEventModel(row, cursor, joins);
  }

  private async sequenceBehind(cursor: string): Promise<number> {
    const [, hex] = this.cursors.read(LIST, cursor);
    const id = parseObjectId(String(hex));
    const sequence = id && ((await this.sequenceOf(id)) ?? (await this.sequenceOnceSealed(id)));
    if (sequence === null) throw this.feed.expired();
    return sequence;
  }

  /** The list shows events before they are sealed: such a one gets its place now. */
  private async sequenceOnceSealed(id: ObjectId): Promise<number | null> {
    await this.sealer.seal(this.context.tenant.id, 'audit');
    return this.sequenceOf(id);
  }

  private async sequenceOf(id: ObjectId): Promise<number | null> {
    return (await this.chain.linksOf([id]))[0]?.sequence ?? null;
  }
}

function criteriaOf(filter: AuditFilter | null | undefined): AuditCriteria {
  const { actions, actorId, from, to } = filter ?? {};
  return {
    actions: actions ?? undefined,
    // An id that cannot exist matches nothing, like any unknown one.
    actorId: actorId == null ? undefined : (fromPublicId('user', actorId) ?? newObjectId()),
    from: from ?? undefined,
    to: to ?? undefined,
  };
}
