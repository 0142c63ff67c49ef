import { Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import { RedisClients } from '../../redis/redis-clients.js';
import { Metrics } from '../../telemetry/metrics.js';
import { EngineProbe } from '../health/engine-probe.js';

/** Gauges of the engines, read when the metrics are: nothing is measured that nobody looks at. */
@Injectable()
export class EngineGauges {
  constructor({ registry }: Metrics, engines: EngineProbe, redis: RedisClients) {
    const gauge = (name: string, help: string, read: () => Promise<number>) =>
      new Gauge({
        name,
        help,
        registers: [registry],
        async collect() {
          this.set(await read());
        },
      });
    new Counter({
      name: 'voho_redis_faults_total',
      help: "Commands that Redis refused or left without an answer, by the answer's first word; lost notifications are its publish and subscribe.",
      labelNames: ['command', 'fault'],
      registers: [registry],
      collect() {
        this.reset();
        for (const { command, fault, count } of redis.faults.all()) this.inc({ command, fault }, count);
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
