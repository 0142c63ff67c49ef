import { Module } from '@nestjs/common';
import { EngineProbe } from './engine-probe.js';
import { HealthController } from './health.controller.js';
import { Readiness } from './readiness.js';

/** Whether the server lives, and whether it should be sent requests. */
@Module({
  controllers: [HealthController],
  providers: [EngineProbe, Readiness],
  exports: [EngineProbe, Readiness],
})
export class HealthModule {}
