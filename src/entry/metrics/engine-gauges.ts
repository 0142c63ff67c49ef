import { Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import { RecordingSaves } from '../../recordings/recording-saves.js';
import { RedisClients } from '../../redis/redis-clients.js';
import { Metrics } from '../../telemetry/metrics.js';
import { EngineProbe } from '../health/engine-probe.js';

/** Gauges of the engines, read when the metrics are: nothing is measured that nobody looks at. */
@Injectable()
export class EngineGauges {
  constructor({ registry }: Metrics, engines: EngineProbe, redis: RedisClients, recordings: RecordingSaves) {
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
    new Gauge({
      name: 'voho_jobs_failing',
      help: 'Jobs that failed when they were last tried, by kind: `voho jobs list` shows them.',
      labelNames: ['kind'],
      registers: [registry],
      async collect() {
        this.reset();
        for (const { kind, failing } of (await engines.failingJobs()) ?? []) this.set({ kind }, failing);
      },
    });
    new Gauge({
      name: 'voho_jobs_parked',
      help: 'Jobs of them that are not tried any more until `voho jobs retry`, by kind.',
      labelNames: ['kind'],
      registers: [registry],
      async collect() {
        this.reset();
        for (const { kind, parked } of (await engines.failingJobs()) ?? []) this.set({ kind }, parked);
      },
    });
    gauge('voho_recording_store_up', 'Whether recordings are stored: 0 while the store fails, else 1.', () =>
      Promise.resolve(Number(!recordings.isFailing)),
    );
    gauge('voho_mongo_up', 'Whether MongoDB answers: 1 or 0.', async () => Number(await engines.isMongoUp()));
    gauge('voho_redis_up', 'Whether Redis answers: 1 or 0.', async () => Number(await engines.isRedisUp()));
    gauge(
      'voho_relay_lag_seconds',
      'How long the oldest stored event has waited for its place in its stream; NaN when nobody can tell.',
      async () => (await engines.relayLagSeconds()) ?? NaN,
    );
  }
}
