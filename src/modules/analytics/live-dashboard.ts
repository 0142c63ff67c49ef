import { Injectable } from '@nestjs/common';
import { isAllowed } from '../../auth/permissions.js';
import { PresentViewer } from '../../auth/present-viewer.js';
import { conflict } from '../../errors/domain-error.js';
import { abortable } from '../../events/abortable.js';
import { LiveFeed } from '../../events/live-feed.js';
import { persist } from '../../events/persist.js';
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
    const start = { calls: await this.feed.head(), audit: countsUsers ? await this.audit.head() : 0 };
    return abortable(outer => this.dashboards(selected, countsUsers, start, outer));
  }

  private async *dashboards(
    selected: ReadonlySet<string>,
    countsUsers: boolean,
    start: { readonly calls: number; readonly audit: number },
    outer: AbortSignal,
  ): AsyncGenerator<DashboardModel, void, undefined> {
    const open = (leaving: AbortSignal) => [
      this.callChanges(selected, start.calls, leaving),
      ...(countsUsers ? [this.audit.followActions(USER_COUNT_ACTIONS, start.audit, leaving)] : []),
    ];
    for await (const _change of throttled(open, PAUSE_MS, outer)) {
      yield this.analytics.dashboard(this.reading(outer));
    }
  }

  private async *callChanges(selected: ReadonlySet<string>, position: number, leaving: AbortSignal) {
    const visibility = async () => this.calls.visibilityOf(await this.viewers.with('calls:read'));
    for await (const event of this.feed.follow(position, visibility, leaving)) {
      if (changesDashboard(event.happening.type, selected)) yield event;
    }
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
