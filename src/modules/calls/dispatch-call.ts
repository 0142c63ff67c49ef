import { Inject, Injectable, Logger } from '@nestjs/common';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { toPublicId } from '../../ids/public-id.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { TenantDirectory } from '../../tenancy/tenant-directory.js';
import { CreationRate } from '../ultravox/creation-rate.js';
import { Providers } from '../ultravox/providers.js';
import { ProviderSignatures } from '../ultravox/signatures.js';
import {
  type ProviderCall,
  type ProviderCallbacks,
  ProviderError,
  type VoiceProvider,
} from '../ultravox/voice-provider.js';
import { CallChanges } from './call-changes.js';
import { CallSlots } from './call-slots.js';
import type { CallDocument } from './call.schema.js';
import { CallsRepository } from './calls.repository.js';
import { inMs } from './in-ms.js';
import { CALL_ID_KEY, TwinCalls, UNCERTAIN_MS } from './twin-calls.js';

/** After so many certain refusals for now, the call fails. */
const MOST_ATTEMPTS = 20;

/** Brings accepted calls to the provider, each exactly once, though the provider itself knows no such promise. */
@Injectable()
export class DispatchCall {
  private readonly logger = new Logger('Dispatch');

  constructor(
    private readonly calls: CallsRepository,
    private readonly changes: CallChanges,
    private readonly slots: CallSlots,
    private readonly providers: Providers,
    private readonly twins: TwinCalls,
    private readonly signatures: ProviderSignatures,
    private readonly rate: CreationRate,
    private readonly tenants: TenantDirectory,
    private readonly context: TenantContext,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** Takes a queued call one step further. Returns when to come back. */
  async step(call: CallDocument): Promise<Date> {
    const { uncertainSince } = call.provider;
    if (uncertainSince) return this.resolveUncertainty(call, uncertainSince);
    if (call.endRequestedAt) return this.end(call, 'CANCELLED');
    if (call.queuedUntil <= new Date())
      return this.end(call, call.provider.attempts === 0 ? 'QUEUE_EXPIRED' : 'SYSTEM_ERROR');
    if (call.provider.attempts >= MOST_ATTEMPTS) return this.end(call, 'SYSTEM_ERROR');
    if (!(await this.takePlace(call))) return earlier(inMs(1000), call.queuedUntil);
    const waitMs = await this.rate.take();
    if (waitMs > 0) return inMs(waitMs);
    return this.create(call, await this.providers.clientFor(call));
  }

  /** A call takes a free place when no one who waits longer needs it. */
  private async takePlace(call: CallDocument): Promise<boolean> {
    const limit = (await this.tenants.findById(this.context.tenant.id))?.limits.maxConcurrentCalls ?? 1;
    if (call.provider.attempts === 0) {
      const free = limit - (await this.slots.used());
      if (((await this.calls.queuePosition(call)) ?? 1) > Math.max(free, 1)) return false;
    }
    return this.slots.take(call._id, limit);
  }

  /** Notes the attempt before it is made: after a crash nobody takes the provider to know nothing. */
  private async create(call: CallDocument, provider: VoiceProvider): Promise<Date> {
    await this.changes.apply(call._id, { kind: 'attempted', at: new Date() });
    try {
      await this.changes.apply(call._id, {
        kind: 'provider',
        call: await provider.createCall(this.requestFor(call)),
      });
      return inMs(0);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      this.logger.warn(`Creating ${toPublicId('call', call._id)}: ${error.message}`);
      if (error.fault === 'no-answer') return inMs(500);
      if (error.fault === 'busy') {
        await this.changes.apply(call._id, { kind: 'notCreated' });
        return inMs((error.retryAfterSeconds ?? 1) * 1000 + Math.random() * 500);
      }
      await this.changes.apply(
        call._id,
        { kind: 'notCreated' },
        { kind: 'over', at: new Date(), reason: 'PROVIDER_REJECTED', failure: null },
      );
      return inMs(0);
    }
  }

  /**
   * An answer was lost: the call may exist. It is searched by our id before anything else is tried; one empty
   * search proves nothing, so only after 10 s of them is the call taken not to exist.
   */
  private async resolveUncertainty(call: CallDocument, since: Date): Promise<Date> {
    let found: ProviderCall | null;
    try {
      found = await this.twins.findOne(await this.providers.clientFor(call), call);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      return inMs(2000);
    }
    if (found) {
      await this.changes.apply(call._id, { kind: 'provider', call: found });
      return inMs(0);
    }
    if (Date.now() - since.getTime() < UNCERTAIN_MS) return inMs(1000);
    await this.changes.apply(call._id, { kind: 'notCreated' });
    return inMs(0);
  }

  private async end(
    call: CallDocument,
    reason: 'CANCELLED' | 'QUEUE_EXPIRED' | 'SYSTEM_ERROR',
  ): Promise<Date> {
    const failure = reason === 'SYSTEM_ERROR' ? 'The voice provider could not take the call.' : null;
    await this.changes.apply(call._id, { kind: 'over', at: new Date(), reason, failure });
    return inMs(0);
  }

  private requestFor(call: CallDocument) {
    return {
      ...call,
      metadata: { ...call.metadata, [CALL_ID_KEY]: toPublicId('call', call._id) },
      callbacks: this.callbacksFor(call),
    };
  }

  private callbacksFor(call: CallDocument): ProviderCallbacks {
    const { PUBLIC_URL } = this.settings;
    const id = toPublicId('call', call._id);
    return {
      webhookUrl: `${PUBLIC_URL}/ultravox/webhooks/${id}`,
      dataConnectionUrl: `${PUBLIC_URL.replace(/^http/, 'ws')}/ultravox/data/${id}`,
      secret: this.signatures.secretOf(this.context.tenant.id),
    };
  }
}

const earlier = (a: Date, b: Date): Date => (a < b ? a : b);
