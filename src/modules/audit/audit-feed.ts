import { Injectable } from '@nestjs/common';
import { DomainError } from '../../errors/domain-error.js';
import { abortable } from '../../events/abortable.js';
import type { StreamFeed } from '../../events/stream-feed.js';
import { StreamFeeds } from '../../events/stream-feeds.js';
import type { StreamPosition } from '../../events/stream-head.schema.js';
import { StreamHeads } from '../../events/stream-heads.js';
import type { Visibility } from '../../events/stream-source.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { AuditChain } from './audit-chain.js';
import type { AuditLinkDocument } from './audit-chain.schema.js';
import { AuditRepository } from './audit.repository.js';
import type { AuditDocument } from './audit.schema.js';

/** A row with its place in the chain; the row is null when somebody has taken it away. */
export interface SealedRow {
  readonly link: AuditLinkDocument;
  readonly row: AuditDocument | null;
}

/** What a client subscribes after to have the whole log. */
const FROM_THE_BEGINNING = '';

/** Which events of the log somebody wants to hear; all, where no actions are named. */
export interface AuditVisibility {
  readonly actions?: readonly string[];
}

/** Delivers a tenant's audit log live, in sealed order: see {@link StreamFeed} for what it guarantees. */
@Injectable()
export class AuditFeed {
  private readonly feed: StreamFeed<SealedRow, AuditVisibility>;

  constructor(
    private readonly chain: AuditChain,
    private readonly rows: AuditRepository,
    private readonly heads: StreamHeads,
    private readonly context: TenantContext,
    feeds: StreamFeeds,
  ) {
    this.feed = feeds.of<SealedRow, AuditVisibility>({
      stream: 'audit',
      bell: 'audit',
      everything: {},
      after: (sequence, _visibility, limit) => this.after(sequence, limit),
      positionOf: ({ link }) => link.sequence,
      isVisible: ({ row }, { actions }) => row !== null && (actions?.includes(row.action) ?? true),
      // Rows are never removed, and their cursors are not positions: the one place that is always known.
      cursorAt: () => FROM_THE_BEGINNING,
    });
  }

  /** The place of the tenant's last sealed event: whoever follows behind it hears what comes from now on. */
  async head(): Promise<StreamPosition> {
    const { epoch, position } = await this.heads.read('audit');
    return { epoch, position };
  }

  /** Tells a client that the event of its cursor is gone, and from where it may go on. */
  expired(): DomainError {
    return new DomainError('CURSOR_EXPIRED', undefined, { firstAvailableCursor: FROM_THE_BEGINNING });
  }

  /**
   * Follows the log of the running scope's tenant behind a place, until the consumer leaves or `signal` aborts.
   * @param visibility is asked again for each event, since rights may change on the way.
   */
  follow(
    start: StreamPosition,
    visibility: Visibility<AuditVisibility>,
    signal?: AbortSignal,
  ): AsyncIterableIterator<SealedRow> {
    const tenantId = this.context.tenant.id;
    return abortable(leaving => this.feed.follow(tenantId, start, visibility, leaving), signal);
  }

  private async after(sequence: number, limit: number): Promise<SealedRow[]> {
    const links = await this.chain.after(sequence, limit);
    const rows = await this.rows.findByIds(links.map(({ auditId }) => auditId));
    const rowsById = new Map(rows.map(row => [row._id.toHexString(), row]));
    return links.map(link => ({ link, row: rowsById.get(link.auditId.toHexString()) ?? null }));
  }
}
