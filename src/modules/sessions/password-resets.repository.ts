import { Inject, Injectable } from '@nestjs/common';
import type { Model } from 'mongoose';
import type { ObjectId } from '../../mongo/object-id.js';
import { type NewDocument, TenantRepository } from '../../tenancy/tenant-repository.js';
import { PASSWORD_RESETS, type PasswordResetDocument } from './password-reset.schema.js';

@Injectable()
export class PasswordResetsRepository extends TenantRepository<PasswordResetDocument> {
  constructor(@Inject(PASSWORD_RESETS.token) model: Model<PasswordResetDocument>) {
    super(model);
  }

  add(reset: NewDocument<PasswordResetDocument>): Promise<PasswordResetDocument> {
    return this.insert(reset);
  }

  /** A request that can be answered now; null for any other. */
  findOpen(id: ObjectId): Promise<PasswordResetDocument | null> {
    return this.findOne({ _id: id, isOpen: true, expiresAt: { $gt: new Date() } });
  }

  /** All requests for an address that can still be answered. */
  openOf(email: string): Promise<PasswordResetDocument[]> {
    return this.find({ email, isOpen: true });
  }

  /** Uses a request up; null when that has been done already. */
  close(id: ObjectId): Promise<PasswordResetDocument | null> {
    return this.updateOne({ _id: id, isOpen: true }, { $set: { isOpen: false } });
  }
}
