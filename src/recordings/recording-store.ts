import type { Readable } from 'node:stream';
import type { ObjectId } from '../mongo/object-id.js';

/** The bytes from `start` to `end`, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** A recording that is kept whole. */
export interface StoredRecording {
  /** Bytes. */
  readonly size: number;
  /** A strong entity tag with its quotes: other bytes have another one. */
  readonly etag: string;
  readonly modifiedAt: Date;
  /** Streams it, or a part of it. @throws when it was removed or replaced since it was found. */
  read(range?: ByteRange): Promise<Readable>;
}

/**
 * Where recordings are kept: the tenant of the running scope has a folder of its own. A recording is there whole or
 * not at all, also when the process that streams it in dies.
 */
export abstract class RecordingStore {
  /** Stores a call's recording as it comes; once more replaces it. @throws what `wav` throws; then nothing is stored. */
  abstract save(callId: ObjectId, wav: AsyncIterable<Uint8Array>): Promise<void>;

  /** A call's recording; null when there is none. */
  abstract find(callId: ObjectId): Promise<StoredRecording | null>;

  /** Removes a call's recording, and what a process that died has left of one. */
  abstract remove(callId: ObjectId): Promise<void>;

  /** Removes everything of the tenant. */
  abstract removeAll(): Promise<void>;

  /**
   * A small text that stands beside the tenants' folders and is the server's own; null when there is none. It must say
   * nothing of tenants but their ids.
   */
  abstract readNote(name: string): Promise<string | null>;

  /** Stores such a text, whole or not at all; once more replaces it. */
  abstract writeNote(name: string, text: string): Promise<void>;
}
