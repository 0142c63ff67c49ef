import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { Controller, HttpCode, HttpException, Logger, Param, Post, Req } from '@nestjs/common';
import type { Request } from 'express';
import { faultOfJson } from '../../validation/json-size.js';
import { Metrics } from '../../telemetry/metrics.js';
import { ProviderSignatures, type SignedMessage } from '../ultravox/signatures.js';
import { readCall } from '../ultravox/ultravox-wire.js';
import type { ProviderCall } from '../ultravox/voice-provider.js';
import { CallChanges } from './call-changes.js';
import { CallSteward } from './call-steward.js';
import { EarlyNews } from './early-news.js';
import { type NewsTarget, PROVIDER_CHALLENGE, ProviderDoor } from './provider-door.js';
import { CALL_ID_KEY } from './twin-calls.js';

/** Takes the provider's webhooks: on the raw body, signed, not older than a minute. */
@Controller('ultravox/webhooks')
export class ProviderWebhooksController {
  private readonly logger = new Logger('ProviderWebhooks');

  constructor(
    private readonly door: ProviderDoor,
    private readonly signatures: ProviderSignatures,
    private readonly early: EarlyNews,
    private readonly changes: CallChanges,
    private readonly steward: CallSteward,
    private readonly metrics: Metrics,
  ) {}

  /** Those of one call. Answers 204 once the news is stored; anything else makes the provider send it again. */
  @Post(':callId')
  @HttpCode(204)
  async receive(@Param('callId') publicCallId: string, @Req() request: Request): Promise<void> {
    const signed = signedOf(request);
    const target = await this.door.findSigned(publicCallId, signed);
    if (!target) throw this.refused(request);
    const call = this.callIn(signed);
    const named = call.metadata[CALL_ID_KEY];
    if (named !== undefined && named !== publicCallId) throw this.unreadable();
    await this.take(target, call, request);
  }

  /**
   * Those of the platform's account. They name no address of ours, so the call is found by our own mark in its
   * metadata or by our own record of its id; what has neither is noted, for a call that is just being made.
   */
  @Post()
  @HttpCode(204)
  async receiveForAccount(@Req() request: Request): Promise<void> {
    const signed = signedOf(request);
    if (!this.signatures.isFromAccount(signed)) throw this.refused(request);
    const call = this.callIn(signed);
    const target = (await this.door.findByNews(call)) ?? (await this.keep(call));
    if (target) await this.take(target, call, request);
  }

  private async keep(call: ProviderCall): Promise<NewsTarget | null> {
    await this.early.keep(call.providerCallId);
    this.metrics.providerWebhooks.inc({ outcome: 'kept' });
    // It may have become known meanwhile.
    return this.door.findByNews(call);
  }

  private async take(target: NewsTarget, call: ProviderCall, request: Request): Promise<void> {
    this.metrics.providerWebhooks.inc({ outcome: 'taken' });
    await this.door.enter(target, randomUUID(), request.ip ?? null, async () => {
      const current = await this.changes.apply(target.callId, { kind: 'provider', call, isPast: true });
      if (!current || !call.endedAt) return;
      this.steward.wake(target.callId).catch((error: unknown) => {
        this.logger.warn(`Could not wake: ${(error as Error).message}`);
      });
    });
  }

  private callIn({ message }: SignedMessage): ProviderCall {
    const call = readCall(parsed(message)?.['call']);
    if (!call) throw this.unreadable();
    return call;
  }

  private unreadable(): HttpException {
    this.metrics.providerWebhooks.inc({ outcome: 'unreadable' });
    return new HttpException('The body is not a webhook of this call', 400);
  }

  private refused({ res }: Request): HttpException {
    res?.setHeader('WWW-Authenticate', PROVIDER_CHALLENGE);
    this.metrics.providerWebhooks.inc({ outcome: 'refused' });
    return new HttpException('The signature does not match', 401);
  }
}

function signedOf({ body, headers }: Request): SignedMessage {
  return {
    message: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
    timestamp: headers['x-ultravox-webhook-timestamp'],
    signatures: headers['x-ultravox-webhook-signature'],
  };
}

/** A JSON object; null for anything else, for bytes that are not UTF-8, and for more than is parsed of a client. */
function parsed(body: Uint8Array | string): Record<string, unknown> | null {
  const bytes = Buffer.from(body);
  if (!isUtf8(bytes) || faultOfJson(bytes) !== null) return null;
  try {
    const json: unknown = JSON.parse(bytes.toString());
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
