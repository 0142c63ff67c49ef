import { Inject, Injectable } from '@nestjs/common';
import type { Model } from 'mongoose';
import type { ObjectId } from '../../mongo/object-id.js';
import { type NewDocument, TenantRepository } from '../../tenancy/tenant-repository.js';
import { type InvitationDocument, INVITATIONS } from './invitation.schema.js';

@Injectable()
export class InvitationsRepository extends TenantRepository<InvitationDocument> {
  constructor(@Inject(INVITATIONS.token) model: Model<InvitationDocument>) {
    super(model);
  }

  add(invitation: NewDocument<InvitationDocument>): Promise<InvitationDocument> {
    return this.insert(invitation);
  }

  /** An invitation that can be accepted now; null for any other. */
  findOpen(id: ObjectId): Promise<InvitationDocument | null> {
    return this.findOne({ _id: id, isOpen: true, expiresAt: { $gt: new Date() } });
  }

  /** Those that can be accepted now, newest first, at most `limit`. */
  open(limit: number): Promise<InvitationDocument[]> {
    return this.find(
      { isOpen: true, expiresAt: { $gt: new Date() } },
      { sort: { createdAt: -1, _id: -1 }, limit },
    );
  }

  countOpen(): Promise<number> {
    return this.count({ isOpen: true, expiresAt: { $gt: new Date() } });
  }

  /** Marks an invitation as used; null when it cannot be accepted any more. */
  accept(id: ObjectId): Promise<InvitationDocument | null> {
    const now = new Date();
    return this.updateOne(
      { _id: id, isOpen: true, expiresAt: { $gt: now } },
      { $set: { isOpen: false, acceptedAt: now } },
    );
  }

  /** Takes an open invitation back; null when there is none. */
  close(id: ObjectId): Promise<InvitationDocument | null> {
    return this.updateOne({ _id: id, isOpen: true }, { $set: { isOpen: false } });
  }

  /** Takes the open invitation of an address back; null when there is none. */
  closeFor(email: string): Promise<InvitationDocument | null> {
    return this.updateOne({ email, isOpen: true }, { $set: { isOpen: false } });
  }

  /** Removes all invitations of an address, and returns their ids. */
  async removeAllFor(email: string): Promise<ObjectId[]> {
    const invitations = await this.find({ email }, { projection: { _id: 1 } });
    await this.deleteMany({ email });
    return invitations.map(invitation => invitation._id);
  }
}
