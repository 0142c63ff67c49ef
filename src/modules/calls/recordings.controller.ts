import { Controller, Get, HttpException, Param, Query, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { toPublicId } from '../../ids/public-id.js';
import { SignedLinks } from '../../links/signed-links.js';
import { RecordingStore, type StoredRecording } from '../../recordings/recording-store.js';
import { serveRecording } from '../../recordings/serve-recording.js';
import { TenantResolver } from '../../tenancy/tenant-resolver.js';
import { AccessRecords } from '../audit/access-records.js';
import { AuditLog } from '../audit/audit-log.js';
import { Providers } from '../ultravox/providers.js';
import { CallsRepository } from './calls.repository.js';
import { type NewsTarget, ProviderDoor } from './provider-door.js';
import type { CallDocument } from './call.schema.js';

/** Serves recordings to whoever has a signed link, in parts where the listener asks for parts. */
@Controller('recordings')
export class RecordingsController {
  constructor(
    private readonly door: ProviderDoor,
    private readonly links: SignedLinks,
    private readonly calls: CallsRepository,
    private readonly recordings: RecordingStore,
    private readonly providers: Providers,
    private readonly resolver: TenantResolver,
    private readonly accesses: AccessRecords,
    private readonly audit: AuditLog,
  ) {}

  /** Takes HEAD too. */
  @Get(':file')
  async serve(
    @Param('file') file: string,
    @Query('expires') expires: unknown,
    @Query('signature') signature: unknown,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    if (!this.links.isValid('recordings', file, expires, signature))
      throw new HttpException('The link is not valid or has expired', 403);
    const target = await this.door.find(file.replace(/\.wav$/, ''));
    if (!target || (await this.isForeign(request, target)))
      throw new HttpException('There is no such recording', 404);
    await this.door.enter(target, 'recording', request.ip ?? null, async () => {
      const call = await this.calls.findById(target.callId);
      const recording =
        call?.settlement.recording === 'ready'
          ? ((await this.recordings.find(call._id)) ?? (await this.fetchAgain(call)))
          : null;
      if (!recording) throw new HttpException('There is no such recording', 404);
      await this.accesses.note('recording', toPublicId('call', target.callId), 'recording link');
      await serveRecording(request, response, recording);
    });
  }

  /** Whether the link came to another tenant's host; that is put on record. */
  private async isForeign({ headers, ip }: Request, target: NewsTarget): Promise<boolean> {
    const named = this.resolver.subdomainOf(headers.host);
    if (named === null || (await this.resolver.isNameOf(named, target.tenantId))) return false;
    const details = { named: `a recording's link on the host of ${named.slice(0, 100)}` };
    await this.door.enter(target, 'recording', ip ?? null, () =>
      this.audit.record({
        action: 'security.tenant_violation',
        details,
        actor: { id: null, label: 'recording link' },
      }),
    );
    return true;
  }

  /** Another process may have stored it where this one cannot look: the provider still has it. */
  private async fetchAgain(call: CallDocument): Promise<StoredRecording | null> {
    if (call.provider.callId === null) return null;
    const provider = await this.providers.clientFor(call);
    await this.recordings.save(call._id, provider.getRecording(call.provider.callId));
    return this.recordings.find(call._id);
  }
}
