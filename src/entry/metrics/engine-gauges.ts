import { Injectable } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { Metrics } from '../../telemetry/metrics.js';
import { EngineProbe } from '../health/engine-probe.js';

/** Gauges of the engines, read when the metrics are: nothing is measured that nobody looks at. */
@Injectable()
export class EngineGauges {
  constructor({ registry }: Metrics, engines: EngineProbe) {
    const gauge = (name: string, help: string, read: () => Promise<number>) =>
      new Gauge({
        name,
        help,
        registers: [registry],
        async collect() {
          this.set(await read());
        },
      });
    gauge('voho_mongo_up', 'Whether MongoDB answers: 1 or 0.', async () => Number(await engines.isMongoUp()));
    gauge('voho_redis_up', 'Whether Redis answers: 1 or 0.', async () => Number(await engines.isRedisUp()));
    gauge(
      'voho_relay_lag_seconds',
      'How long the oldest stored event has waited for its place in its stream; NaN when nobody can tell.',
      async () => (await engines.relayLagSeconds()) ?? NaN,
    );
  }
}
