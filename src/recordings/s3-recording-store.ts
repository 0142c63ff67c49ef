import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { ObjectId } from '../mongo/object-id.js';
import type { TenantContext } from '../tenancy/tenant-context.js';
import { type ByteRange, RecordingStore, type StoredRecording } from './recording-store.js';
import type { S3Location } from '../config/s3-location.js';

/** What of a recording is in memory at a time, beside the part that is being filled: S3's smallest part. */
const PART_BYTES = 5 * 1024 * 1024;
const CONNECT_WITHIN_MS = 5000;
/** How long the store may stay silent. */
const SILENCE_MS = 30_000;

/**
 * Keeps recordings in an S3-compatible store. An object appears once its last part is there; what was uploaded for one
 * that broke off is thrown away, also after a crash: by the next `save`, `remove` or `removeAll`.
 * Credentials come from where the SDK looks for them.
 */
export class S3RecordingStore extends RecordingStore {
  private readonly client: S3Client;

  constructor(
    private readonly location: S3Location,
    private readonly context: TenantContext,
  ) {
    super();
    const { endpoint, region, isPathStyle } = location;
    this.client = new S3Client({
      ...(endpoint !== null && { endpoint }),
      ...(region !== null && { region }),
      forcePathStyle: isPathStyle,
      // Stores beside Amazon's may not know the checksums that the SDK would add by itself.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: { connectionTimeout: CONNECT_WITHIN_MS, socketTimeout: SILENCE_MS },
    });
  }

  async save(callId: ObjectId, wav: AsyncIterable<Uint8Array>): Promise<void> {
    const Key = this.keyOf(callId);
    const upload = new Upload({
      client: this.client,
      params: {
        Bucket: this.location.bucket,
        Key,
        Body: Readable.from(wav, { objectMode: false }),
        ContentType: 'audio/wav',
      },
      partSize: PART_BYTES,
      queueSize: 1,
      leavePartsOnError: false,
    });
    await upload.done();
    await this.abortUploads(Key);
  }

  async find(callId: ObjectId): Promise<StoredRecording | null> {
    const object = { Bucket: this.location.bucket, Key: this.keyOf(callId) };
    try {
      const { ContentLength, ETag, LastModified } = await this.client.send(new HeadObjectCommand(object));
      if (ContentLength === undefined || ETag === undefined || LastModified === undefined)
        throw new Error('The store does not tell what it has');
      return {
        size: ContentLength,
        etag: ETag,
        modifiedAt: LastModified,
        read: async (range?: ByteRange): Promise<Readable> => {
          const part = range && { Range: `bytes=${range.start}-${range.end}` };
          const { Body } = await this.client.send(
            new GetObjectCommand({ ...object, IfMatch: ETag, ...part }),
          );
          return Body as Readable;
        },
      };
    } catch (error) {
      if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return null;
      throw error;
    }
  }

  async remove(callId: ObjectId): Promise<void> {
    const Key = this.keyOf(callId);
    await this.client.send(new DeleteObjectCommand({ Bucket: this.location.bucket, Key }));
    await this.abortUploads(Key);
  }

  async removeAll(): Promise<void> {
    const { bucket: Bucket } = this.location;
    const pages = paginateListObjectsV2({ client: this.client }, { Bucket, Prefix: this.tenantPrefix });
    for await (const { Contents = [] } of pages) {
      const Objects = Contents.map(({ Key }) => ({ Key }));
      if (Objects.length === 0) continue;
      const { Errors = [] } = await this.client.send(
        new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }),
      );
      if (Errors[0]) throw new Error(`The store keeps a recording: ${Errors[0].Code ?? 'no reason given'}`);
    }
    await this.abortUploads(this.tenantPrefix);
  }

  async readNote(name: string): Promise<string | null> {
    try {
      const note = { Bucket: this.location.bucket, Key: `${this.location.prefix}${name}` };
      const { Body } = await this.client.send(new GetObjectCommand(note));
      return (await Body?.transformToString()) ?? null;
    } catch (error) {
      if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return null;
      throw error;
    }
  }

  async writeNote(name: string, text: string): Promise<void> {
    const { bucket: Bucket, prefix } = this.location;
    const object = { Bucket, Key: `${prefix}${name}`, Body: text, ContentType: 'application/json' };
    await this.client.send(new PutObjectCommand(object));
  }

  /** Throws away the parts of what was never finished below a prefix. */
  private async abortUploads(Prefix: string): Promise<void> {
    const { bucket: Bucket } = this.location;
    for (let isMore = true; isMore;) {
      const page = await this.client.send(new ListMultipartUploadsCommand({ Bucket, Prefix }));
      for (const { Key, UploadId } of page.Uploads ?? [])
        await this.client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
      isMore = page.IsTruncated ?? false;
    }
  }

  private get tenantPrefix(): string {
    return `${this.location.prefix}${this.context.tenant.id.toHexString()}/`;
  }

  private keyOf(callId: ObjectId): string {
    return `${this.tenantPrefix}${callId.toHexString()}.wav`;
  }
}
