import { Global, Module } from '@nestjs/common';
import { SETTINGS, type Settings } from '../config/settings.js';
import { createLog, LOG } from './logger.js';
import { Metrics } from './metrics.js';

/** What the server tells about itself. */
@Global()
@Module({
  providers: [
    Metrics,
    {
      provide: LOG,
      inject: [SETTINGS],
      useFactory: ({ LOG_LEVEL }: Settings) => createLog(LOG_LEVEL),
    },
  ],
  exports: [Metrics, LOG],
})
export class TelemetryModule {}
