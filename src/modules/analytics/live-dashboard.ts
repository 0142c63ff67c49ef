import { Injectable } from '@nestjs/common';
import { isAllowed } from '../../auth/permissions.js';
import { PresentViewer } from '../../auth/present-viewer.js';
import { conflict, DomainError } from '../../errors/domain-error.js';
import { abortable } from '../../events/abortable.js';
import { LiveFeed } from '../../events/live-feed.js';
import { persist } from '../../events/persist.js';
import type { StreamPosition } from '../../events/stream-head.schema.js';
import { throttled } from '../../events/throttled.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { TenantRunner } from '../../tenancy/tenant-runner.js';
import { tenantScope } from '../../tenancy/tenant-scope.js';
import { AuditService } from '../audit/audit.service.js';
import { CallsService } from '../calls/calls.service.js';
import { AnalyticsService } from './analytics.service.js';
import { changesDashboard, USER_COUNT_ACTIONS } from './dashboard-changes.js';
import type { DashboardModel, Reading } from './dashboard.model.js';

/** The least time between two dashboards of one subscriber. */
const PAUSE_MS = 1000;

/** Follows the viewer's dashboard: it is read again for him when something that he may see has changed. */
@Injectable()
export class LiveDashboard {
  constructor(
    private readonly analytics: AnalyticsService,
    private readonly calls: CallsService,
    private readonly audit: AuditService,
    private readonly feed: LiveFeed,
    private readonly viewers: PresentViewer,
    private readonly runner: TenantRunner,
    private readonly context: TenantContext,
  ) {}

  /**
   * A dashboard at once, then one after each change, at most one a second.
   * @param selected the fields that are read; what changes none of them is not told.
   */
  async follow(selected: ReadonlySet<string>): Promise<AsyncIterableIterator<DashboardModel>> {
    const countsUsers = selected.has('totalUsers') && isAllowed(this.context.viewer, 'users:manage');
    const start = { calls: await this.feed.head(), audit: countsUsers ? await this.audit.head() : null };
    return abortable(outer => this.dashboards(selected, start, outer));
  }

  private async *dashboards(
    selected: ReadonlySet<string>,
    start: { readonly calls: StreamPosition; readonly audit: StreamPosition | null },
    outer: AbortSignal,
  ): AsyncGenerator<DashboardModel, void, undefined> {
    const open = (leaving: AbortSignal) => [
      this.callChanges(selected, start.calls, leaving),
      ...(start.audit ? [this.userChanges(start.audit, leaving)] : []),
    ];
    for await (const _change of throttled(open, PAUSE_MS, outer)) {
      yield this.analytics.dashboard(this.reading(outer));
    }
  }

  private async *callChanges(selected: ReadonlySet<string>, start: StreamPosition, leaving: AbortSignal) {
    const visibility = async () => this.calls.visibilityOf(await this.viewers.with('calls:read'));
    const follow = (from: StreamPosition) => this.feed.follow(from, visibility, leaving);
    for await (const event of acrossEpochs(start, follow, () => this.feed.head()))
      if (event === 'set back' || changesDashboard(event.happening.type, selected)) yield event;
  }

  private userChanges(start: StreamPosition, leaving: AbortSignal) {
    const follow = (from: StreamPosition) => this.audit.followActions(USER_COUNT_ACTIONS, from, leaving);
    return acrossEpochs(start, follow, () => this.audit.head());
  }

  /** Reads with the rights that the viewer has now, and waits while the store is away. */
  private reading(leaving: AbortSignal): Reading {
    return async work => {
      const read = await persist(async () => {
        const viewer = await this.viewers.with('calls:read');
        return { result: await this.runner.run(tenantScope({ ...this.context.scope, viewer }), work) };
      }, leaving);
      // Nobody is there to read it; it only ends the execution.
      if (!read) throw conflict('The subscription is over.');
      return read.result;
    };
  }
}

/** Follows a stream also when its store is set back: a dashboard shows what is there, and misses nothing by it. */
async function* acrossEpochs<T>(
  start: StreamPosition,
  follow: (from: StreamPosition) => AsyncIterable<T>,
  head: () => Promise<StreamPosition>,
): AsyncGenerator<T | 'set back', void, undefined> {
  for (let from = start; ;) {
    try {
      for await (const item of follow(from)) yield item;
      return;
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'CURSOR_EXPIRED') throw error;
      from = await head();
      yield 'set back';
    }
  }
}
