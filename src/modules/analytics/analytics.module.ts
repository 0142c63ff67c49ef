import { Module } from '@nestjs/common';
import { CallsModule } from '../calls/calls.module.js';
import { AnalyticsService } from './analytics.service.js';
import { CallAnalyticsResolver } from './call-analytics.resolver.js';
import { CallAnalyticsService } from './call-analytics.service.js';
import { DashboardResolver } from './dashboard.resolver.js';
import { DashboardSubscriptions } from './dashboard.subscriptions.js';
import { LiveDashboard } from './live-dashboard.js';

/** The calls of a tenant at a glance, and in figures. */
@Module({
  imports: [CallsModule],
  providers: [
    AnalyticsService,
    CallAnalyticsResolver,
    CallAnalyticsService,
    DashboardResolver,
    DashboardSubscriptions,
    LiveDashboard,
  ],
})
export class AnalyticsModule {}
