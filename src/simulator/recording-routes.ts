import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Readable } from 'node:stream';
import type { CallDesk } from './call-desk.js';
import { timelineOf } from './call-timeline.js';
import { findFault } from './faults.js';
import { HttpFailure, type Reply } from './http-reply.js';
import { param, type ApiRequest } from './http-request.js';
import { recordingBytes, recordingChunks } from './recording.js';
import type { Route } from './router.js';
import type { StoredCall } from './stored-call.js';

/** How long the address of a recording works. */
const LINK_LIFE_MS = 5 * 60_000;
const BYTES = { objectMode: false };

/**
 * The recording and the media path it redirects to. The media path takes no API key: whoever has the link may
 * read, for some minutes. Links do not outlive the process, as clients must not keep them anyway.
 */
export function recordingRoutes(desk: CallDesk): Route[] {
  const key = randomBytes(32);
  const tokenOf = (callId: string, expires: string): Buffer =>
    createHmac('sha256', key).update(`${callId} ${expires}`).digest();

  const downloads = new Map<string, number>();
  /** The recording; broken off halfway for the first so many downloads, where a fault wants it. */
  const whole = (call: StoredCall): Reply => {
    const done = downloads.get(call.callId) ?? 0;
    downloads.set(call.callId, done + 1);
    const isCut = done < (findFault(call.faults, 'recording-cut')?.downloads ?? 0);
    const chunks = recordingChunks(call);
    const headers = { 'Content-Type': 'audio/wav', 'Content-Length': String(recordingBytes(call)) };
    return { status: 200, headers, stream: Readable.from(isCut ? halfOf(chunks) : chunks, BYTES) };
  };

  const redirect = (request: ApiRequest): Reply => {
    const call = desk.get(param(request, 'id'));
    const { recordingAt, endedAt } = timelineOf(call);
    const now = desk.clock.now();
    if (recordingAt === null) throw HttpFailure.of(404, 'This call has no recording.');
    if (now < endedAt) throw HttpFailure.of(404, 'The call is not over yet.');
    if (now < recordingAt) {
      const status = findFault(call.faults, 'recording-unready')?.status ?? 425;
      throw HttpFailure.of(status, 'The recording is not ready yet.');
    }
    if (findFault(call.faults, 'recording-direct') !== undefined) return whole(call);
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
    return whole(desk.get(callId));
  };

  return [
    { method: 'GET', path: '/api/calls/:id/recording', handle: redirect },
    { method: 'GET', path: '/media/recordings/:file', handle: media },
  ];
}

/** A download that breaks off in its middle. */
async function* halfOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void> {
  let count = 0;
  for await (const chunk of chunks) {
    if (count === 2) throw new Error('A fault breaks the download off.');
    yield chunk;
    count += 1;
  }
}
