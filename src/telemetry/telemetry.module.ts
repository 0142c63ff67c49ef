import { Global, Module } from '@nestjs/common';
import { Metrics } from './metrics.js';

/** What the server tells about itself. */
@Global()
@Module({ providers: [Metrics], exports: [Metrics] })
export class TelemetryModule {}
