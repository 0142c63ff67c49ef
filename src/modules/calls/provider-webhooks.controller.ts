import { randomUUID } from 'node:crypto';
import { Controller, HttpCode, HttpException, Logger, Param, Post, Req } from '@nestjs/common';
import type { Request } from 'express';
import { ProviderSignatures } from '../ultravox/signatures.js';
import { readCall } from '../ultravox/ultravox-wire.js';
import { CallChanges } from './call-changes.js';
import { CallSteward } from './call-steward.js';
import { ProviderDoor } from './provider-door.js';

/** Takes the provider's webhooks: on the raw body, signed, not older than a minute. */
@Controller('ultravox/webhooks')
export class ProviderWebhooksController {
  private readonly logger = new Logger('ProviderWebhooks');

  constructor(
    private readonly door: ProviderDoor,
    private readonly signatures: ProviderSignatures,
    private readonly changes: CallChanges,
    private readonly steward: CallSteward,
  ) {}

  /** Answers 204 once the news is stored; anything else makes the provider send it again. */
  @Post(':callId')
  @HttpCode(204)
  async receive(@Param('callId') publicCallId: string, @Req() request: Request): Promise<void> {
    const target = await this.door.find(publicCallId);
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const { 'x-ultravox-webhook-timestamp': timestamp, 'x-ultravox-webhook-signature': signatures } =
      request.headers;
    // An unknown call has no secret; it is answered like a wrong signature, so that nobody learns which ids exist.
    if (!target || !this.signatures.isGenuine(target.tenantId, { message: body, timestamp, signatures })) {
      throw new HttpException('The signature does not match', 401);
    }
    const call = readCall(parsed(body)?.['call']);
    if (!call) throw new HttpException('The body is not a webhook of a call', 400);
    await this.door.enter(target, randomUUID(), request.ip ?? null, async () => {
      const current = await this.changes.apply(target.callId, { kind: 'provider', call, isPast: true });
      if (!current || !call.endedAt) return;
      this.steward.wake(target.callId).catch((error: unknown) => {
        this.logger.warn(`Could not wake: ${(error as Error).message}`);
      });
    });
  }
}

function parsed(body: Buffer): Record<string, unknown> | null {
  try {
    const json: unknown = JSON.parse(body.toString('utf8'));
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
