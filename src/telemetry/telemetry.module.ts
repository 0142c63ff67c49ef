import { Global, Module } from '@nestjs/common';
import { SETTINGS, type Settings } from '../config/settings.js';
import { createLog, LOG } from './logger.js';
import { IsolationAlarm } from './isolation-alarm.js';
import { Metrics } from './metrics.js';
import { StreamRetries } from './stream-retries.js';
import { UnreadableAlarm } from './unreadable-alarm.js';

/** What the server tells about itself. */
@Global()
@Module({
  providers: [
    Metrics,
    IsolationAlarm,
    StreamRetries,
    UnreadableAlarm,
    {
      provide: LOG,
      inject: [SETTINGS],
      useFactory: ({ LOG_LEVEL, logFile }: Settings) => createLog(LOG_LEVEL, logFile),
    },
  ],
  exports: [Metrics, LOG],
})
export class TelemetryModule {}
