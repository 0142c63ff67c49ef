import { createHash, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Model } from 'mongoose';
import type { ObjectId } from '../mongo/object-id.js';
import { SystemAccess } from '../tenancy/system-access.js';
import { type CredentialDocument, CREDENTIALS, type CredentialKind } from './credential.schema.js';

/** A token as its holder gets it, and the hash that is stored. */
export interface IssuedToken {
  readonly token: string;
  readonly hash: string;
}

/** Hashes a token for storage and look-up. A token has 256 random bits, so a plain hash is enough. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Issues and finds random tokens that carry no tenant themselves. */
@Injectable()
export class Credentials {
  constructor(
    @Inject(CREDENTIALS.token) private readonly model: Model<CredentialDocument>,
    private readonly system: SystemAccess,
  ) {}

  /** Makes a token of 256 random bits and notes whom it leads to. The token itself is stored nowhere. */
  async issue(entry: Omit<CredentialDocument, '_id'>): Promise<IssuedToken> {
    const token = randomBytes(32).toString('base64url');
    return { token, hash: await this.note(token, entry) };
  }

  /** Notes whom a token that was made elsewhere leads to, and returns its hash. */
  async note(token: string, entry: Omit<CredentialDocument, '_id'>): Promise<string> {
    const hash = hashToken(token);
    await this.system.run('credential.issue', () => this.model.insertMany([{ ...entry, _id: hash }]));
    return hash;
  }

  /** Finds what a token is for; null when it is unknown, expired or of another kind. */
  find(kind: CredentialKind, token: string): Promise<CredentialDocument | null> {
    return this.system.run('credential.resolve', async () => {
      const entry = await this.model
        .findOne({ _id: hashToken(token), kind })
        .lean()
        .exec();
      return entry && (entry.expiresAt === null || entry.expiresAt > new Date()) ? entry : null;
    });
  }

  /** Uses a token up, in the running transaction. Returns false when it is unknown, or another request was faster. */
  async use(kind: CredentialKind, token: string): Promise<boolean> {
    const removed = await this.system.run('credential.issue', () =>
      this.model.deleteOne({ _id: hashToken(token), kind }).exec(),
    );
    return removed.deletedCount === 1;
  }

  /** Notes in the running transaction that a refresh token was exchanged. */
  async noteExchange(hash: string, exchangedAt: Date): Promise<void> {
    await this.system.run('credential.issue', () =>
      this.model.updateOne({ _id: hash }, { $set: { exchangedAt } }).exec(),
    );
  }

  /** When a refresh token was exchanged; null while it was not. Joins the running transaction. */
  async exchangedAt(hash: string): Promise<Date | null> {
    const entry = await this.system.run('credential.resolve', () =>
      this.model.findOne({ _id: hash }).lean().exec(),
    );
    return entry?.exchangedAt ?? null;
  }

  /** Makes one token unknown. */
  async forget(hash: string): Promise<void> {
    await this.system.run('credential.issue', () => this.model.deleteOne({ _id: hash }).exec());
  }

  /** Makes all tokens of these subjects unknown, whatever they are for. */
  async forgetAllOf(tenantId: ObjectId, subjectIds: readonly ObjectId[]): Promise<void> {
    await this.system.run('credential.issue', () =>
      this.model.deleteMany({ tenantId, subjectId: { $in: [...subjectIds] } }).exec(),
    );
  }

  /** Makes all tokens of one subject unknown. */
  async revoke(kind: CredentialKind, tenantId: ObjectId, subjectId: ObjectId): Promise<void> {
    await this.system.run('credential.issue', () =>
      this.model.deleteMany({ kind, tenantId, subjectId }).exec(),
    );
  }
}
