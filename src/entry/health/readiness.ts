import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { type PlatformKey, platformKey } from '../../ids/tenant-key.js';
import { RecordingSaves } from '../../recordings/recording-saves.js';
import { OneAtATime } from '../../repeat/one-at-a-time.js';
import { EngineProbe } from './engine-probe.js';

/** How far the relay may lag behind before a human should look; serving goes on. */
const MOST_LAG_SECONDS = 10;
const ENGINES = platformKey('engines');

/** What may be known of the server's state: no addresses, no versions, no reasons; strangers hear its status alone. */
export interface ReadinessReport {
  /** `degraded`: requests are served, but live events, or recordings, arrive later. */
  readonly status: 'ready' | 'degraded' | 'unavailable';
  /** Whether the database answers. */
  readonly mongodb: boolean;
  /** Whether Redis answers. */
  readonly redis: boolean;
  /** Whether stored events get their places in time. */
  readonly relay: boolean;
  /** Whether recordings are stored: not while the store of recordings has no room, or does not answer. */
  readonly recordings: boolean;
  /** Whether the server is about to stop. */
  readonly draining: boolean;
}

/** Says whether the server should be sent requests. */
@Injectable()
export class Readiness implements OnModuleDestroy {
  private isDraining = false;
  private readonly looks = new OneAtATime<PlatformKey, readonly [boolean, boolean, number | null]>();

  constructor(
    private readonly engines: EngineProbe,
    private readonly recordings: RecordingSaves,
  ) {}

  /** From now on the server is not ready, so that no new requests are sent to it while it stops. */
  beginDraining(): void {
    this.isDraining = true;
  }

  onModuleDestroy(): void {
    this.beginDraining();
  }

  /** Those who ask while the engines are looked at share the next look: strangers may ask as often as they like. */
  async report(): Promise<ReadinessReport> {
    const [mongodb, redis, lag] = await this.looks.run(ENGINES, () =>
      Promise.all([this.engines.isMongoUp(), this.engines.isRedisUp(), this.engines.relayLagSeconds()]),
    );
    const relay = lag !== null && lag <= MOST_LAG_SECONDS;
    const recordings = !this.recordings.isFailing;
    const isWhole = redis && relay && recordings;
    const status = !mongodb || this.isDraining ? 'unavailable' : isWhole ? 'ready' : 'degraded';
    return { status, mongodb, redis, relay, recordings, draining: this.isDraining };
  }
}
