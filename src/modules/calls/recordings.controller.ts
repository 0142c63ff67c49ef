import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { fromPublicId, toPublicId } from '../../ids/public-id.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { RecordingStore, type StoredRecording } from '../../recordings/recording-store.js';
import { serveRecording } from '../../recordings/serve-recording.js';
import { AccessRecords } from '../audit/access-records.js';
import { SignedLinkRequests } from '../links/signed-link-requests.service.js';
import { Providers } from '../ultravox/providers.js';
import { CallRoutes } from './call-routes.js';
import type { CallDocument } from './call.schema.js';
import { CallsRepository } from './calls.repository.js';

/** Serves recordings to people who have a signed link, in parts where the listener asks for parts. */
@Controller('recordings')
export class RecordingsController {
  constructor(
    private readonly requests: SignedLinkRequests,
    private readonly routes: CallRoutes,
    private readonly calls: CallsRepository,
    private readonly recordings: RecordingStore,
    private readonly providers: Providers,
    private readonly accesses: AccessRecords,
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
    const callId = fromPublicId('call', file.replace(/\.wav$/, ''));
    await this.requests.serve(
      { purpose: 'recordings', file, expires, signature, request, response },
      async () => callId && this.routes.tenantOf(callId),
      async () => {
        const recording = callId && (await this.find(callId));
        if (!callId || !recording) throw this.requests.missing('recordings');
        await this.accesses.note('recording', toPublicId('call', callId));
        await serveRecording(request, response, recording);
      },
    );
  }

  private async find(callId: ObjectId): Promise<StoredRecording | null> {
    const call = await this.calls.findById(callId);
    if (call?.settlement.recording !== 'ready') return null;
    return (await this.recordings.find(call._id)) ?? (await this.fetchAgain(call));
  }

  /** Another process may have stored it where this one cannot look: the provider still has it. */
  private async fetchAgain(call: CallDocument): Promise<StoredRecording | null> {
    if (call.provider.callId === null) return null;
    const provider = await this.providers.clientFor(call);
    await this.recordings.save(call._id, provider.getRecording(call.provider.callId));
    return this.recordings.find(call._id);
  }
}
