import { Module } from '@nestjs/common';
import { HealthModule } from '../health/health.module.js';
import { EngineGauges } from './engine-gauges.js';
import { MetricsController } from './metrics.controller.js';

/** What is measured, for Prometheus. */
@Module({ imports: [HealthModule], controllers: [MetricsController], providers: [EngineGauges] })
export class MetricsModule {}
