import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Readable } from 'node:stream';
import type { CallDesk } from './call-desk.js';
import { timelineOf } from './call-timeline.js';
import { HttpFailure, type Reply } from './http-reply.js';
import { param, type ApiRequest } from './http-request.js';
import { recordingBytes, recordingChunks } from './recording.js';
import type { Route } from './router.js';

/** How long the address of a recording works. */
const LINK_LIFE_MS = 5 * 60_000;

/**
 * The recording and the media path it redirects to. The media path takes no API key: whoever has the link may
 * read, for some minutes. Links do not outlive the process, as clients must not keep them anyway.
 */
export function recordingRoutes(desk: CallDesk): Route[] {
  const key = randomBytes(32);
  const tokenOf = (callId: string, expires: string): Buffer =>
    createHmac('sha256', key).update(`${callId} ${expires}`).digest();

  const redirect = (request: ApiRequest): Reply => {
    const call = desk.get(param(request, 'id'));
    const { recordingAt, endedAt } = timelineOf(call);
    const now = desk.clock.now();
    if (recordingAt === null) throw HttpFailure.of(404, 'This call has no recording.');
    if (now < endedAt) throw HttpFailure.of(404, 'The call is not over yet.');
    if (now < recordingAt) throw HttpFailure.of(425, 'The recording is not ready yet.');
    const expires = String(now + LINK_LIFE_MS);
    const link = new URL(`/media/recordings/${call.callId}.wav`, request.url);
    link.searchParams.set('expires', expires);
    link.searchParams.set('token', tokenOf(call.callId, expires).toString('hex'));
    return { status: 302, headers: { Location: link.href } };
  };

  const media = (request: ApiRequest): Reply => {
    const callId = param(request, 'file').replace(/\.wav$/, '');
    const expires = request.url.searchParams.get('expires') ?? '';
    const token = Buffer.from(request.url.searchParams.get('token') ?? '', 'hex');
    const wanted = tokenOf(callId, expires);
    const valid = token.length === wanted.length && timingSafeEqual(token, wanted);
    if (!valid || Number(expires) < desk.clock.now()) throw HttpFailure.of(403, 'This link is not valid.');
    const call = desk.get(callId);
    return {
      status: 200,
      headers: { 'Content-Type': 'audio/wav', 'Content-Length': String(recordingBytes(call)) },
      stream: Readable.from(recordingChunks(call), { objectMode: false }),
    };
  };

  return [
    { method: 'GET', path: '/api/calls/:id/recording', handle: redirect },
    { method: 'GET', path: '/media/recordings/:file', handle: media },
  ];
}
