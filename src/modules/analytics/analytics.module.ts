import { Module } from '@nestjs/common';
import { CallsModule } from '../calls/calls.module.js';
import { AnalyticsService } from './analytics.service.js';
import { DashboardResolver } from './dashboard.resolver.js';
import { DashboardSubscriptions } from './dashboard.subscriptions.js';
import { LiveDashboard } from './live-dashboard.js';

/** The calls of a tenant at a glance. */
@Module({
  imports: [CallsModule],
  providers: [AnalyticsService, DashboardResolver, DashboardSubscriptions, LiveDashboard],
})
export class AnalyticsModule {}
