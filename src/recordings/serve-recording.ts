import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { requestedRange } from './requested-range.js';
import type { StoredRecording } from './recording-store.js';

/**
 * Answers GET and HEAD for a recording (RFC 9110): the whole, or the one part that is asked for, piece by piece as the
 * listener takes it. Several parts at once are answered by the whole, and so is a part of other bytes than there are.
 * HEAD is answered as for the whole, since a range counts with GET alone.
 * @throws before the first byte, when the store does not give it; later the connection is cut.
 */
export async function serveRecording(
  request: Request,
  response: Response,
  recording: StoredRecording,
): Promise<void> {
  const { size, etag, modifiedAt } = recording;
  response.set({
    'Content-Type': 'audio/wav',
    'Cache-Control': 'private, no-store',
    'Accept-Ranges': 'bytes',
    ETag: etag,
    'Last-Modified': modifiedAt.toUTCString(),
  });
  const asksForPart = request.method === 'GET' && isForTheseBytes(request, recording);
  const range = asksForPart ? requestedRange(request.get('range'), size) : null;
  if (range === 'unsatisfiable') {
    response.status(416).set('Content-Range', `bytes */${size}`).end();
    return;
  }
  if (range) response.status(206).set('Content-Range', `bytes ${range.start}-${range.end}/${size}`);
  response.set('Content-Length', String(range ? range.end - range.start + 1 : size));
  if (request.method === 'HEAD' || size === 0) {
    response.end();
    return;
  }
  const bytes = await recording.read(range ?? undefined);
  await pipeline(bytes, response).catch((error: unknown) => {
    // The listener has left, or the store broke off: either way nobody can be told any more.
    if (!response.destroyed) response.destroy(error as Error);
  });
}

/** Whether If-Range, where it was sent, names the bytes that are there: by the strong tag, or by the very time. */
function isForTheseBytes(request: Request, { etag, modifiedAt }: StoredRecording): boolean {
  const condition = request.get('if-range');
  if (condition === undefined) return true;
  return condition.includes('"') ? condition === etag : condition === modifiedAt.toUTCString();
}
