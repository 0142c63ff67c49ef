import { Controller, Get, HttpException, Param, Query, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { RecordingLinks } from '../../recordings/recording-links.js';
import { RecordingStore } from '../../recordings/recording-store.js';
import { Providers } from '../ultravox/providers.js';
import { CallsRepository } from './calls.repository.js';
import { ProviderDoor } from './provider-door.js';
import type { CallDocument } from './call.schema.js';

/** Serves recordings to whoever has a signed link, in parts where the listener asks for parts. */
@Controller('recordings')
export class RecordingsController {
  constructor(
    private readonly door: ProviderDoor,
    private readonly links: RecordingLinks,
    private readonly calls: CallsRepository,
    private readonly recordings: RecordingStore,
    private readonly providers: Providers,
  ) {}

  @Get(':file')
  async serve(
    @Param('file') file: string,
    @Query('expires') expires: unknown,
    @Query('signature') signature: unknown,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const publicCallId = file.replace(/\.wav$/, '');
    if (!this.links.isValid(publicCallId, expires, signature))
      throw new HttpException('The link is not valid or has expired', 403);
    const target = await this.door.find(publicCallId);
    if (!target) throw new HttpException('There is no such recording', 404);
    const path = await this.door.enter(target, 'recording', request.ip ?? null, async () => {
      const call = await this.calls.findById(target.callId);
      return call?.settlement.recording === 'ready'
        ? ((await this.recordings.find(call._id)) ?? this.fetchAgain(call))
        : null;
    });
    if (!path) throw new HttpException('There is no such recording', 404);
    response.sendFile(path, {
      headers: { 'Content-Type': 'audio/wav', 'Cache-Control': 'private, no-store' },
      dotfiles: 'allow',
    });
  }

  /** Another process may have stored it where this one cannot look: the provider still has it. */
  private async fetchAgain(call: CallDocument): Promise<string | null> {
    if (call.provider.callId === null) return null;
    const provider = await this.providers.clientFor(call);
    await this.recordings.save(call._id, provider.getRecording(call.provider.callId));
    return this.recordings.find(call._id);
  }
}
