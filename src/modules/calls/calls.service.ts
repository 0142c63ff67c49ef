import { Injectable } from '@nestjs/common';
import type { PipelineStage } from 'mongoose';
import { seesAllCalls } from '../../auth/permissions.js';
import { DomainError, notFound } from '../../errors/domain-error.js';
import type { EventVisibility } from '../../events/call-events.js';
import { fromPublicId } from '../../ids/public-id.js';
import { newObjectId, type ObjectId } from '../../mongo/object-id.js';
import { type Connection, type PageArguments, paginate } from '../../pagination/connection.js';
import { CursorCodec } from '../../pagination/cursor-codec.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import type { Viewer } from '../../tenancy/viewer.js';
import type { CallFilter } from './call-filter.input.js';
import { CallJoins } from './call-joins.js';
import { type CallModel, type LongCallField, toCallModel } from './call.model.js';
import type { CallDocument } from './call.schema.js';
import { type CallCriteria, CallsRepository } from './calls.repository.js';
import { ReportLimiter } from './report-limiter.js';

/** Reads the calls that the viewer may see: admins and API keys all of the tenant's, everybody else his own. */
@Injectable()
export class CallsService {
  constructor(
    private readonly calls: CallsRepository,
    private readonly joins: CallJoins,
    private readonly cursors: CursorCodec,
    private readonly context: TenantContext,
    private readonly reports: ReportLimiter,
  ) {}

  /** A call by its public id; null for one that is unknown, deleted, or not the viewer's to see. */
  async find(publicId: string): Promise<CallDocument | null> {
    const id = fromPublicId('call', publicId);
    const call = id && (await this.calls.findById(id));
    return call && this.isVisible(call) ? call : null;
  }

  /** The same. @throws DomainError NOT_FOUND instead of null. */
  async load(publicId: string): Promise<CallDocument> {
    const call = await this.find(publicId);
    if (!call) throw notFound('call');
    return call;
  }

  /** A call whose events may be followed: also one that is deleted by now. @throws DomainError NOT_FOUND. */
  async loadForEvents(publicId: string): Promise<CallDocument> {
    const id = fromPublicId('call', publicId);
    const call = id && (await this.calls.findEvenDeleted(id));
    if (!call || !this.isVisible(call)) throw notFound('call');
    return call;
  }

  /** The call of an event; null once it is deleted. */
  async ofEvent(callId: ObjectId): Promise<CallModel | null> {
    const call = await this.calls.findById(callId);
    return call && this.isVisible(call) ? toCallModel(call) : null;
  }

  /**
   * A page of calls, newest first.
   * @param without long fields that nobody asks for; the calls lack them.
   */
  list(
    page: PageArguments,
    filter?: CallFilter | null,
    without: readonly LongCallField[] = [],
  ): Promise<Connection<CallModel>> {
    const criteria = this.criteriaOf(filter);
    return paginate<CallDocument, CallModel>({
      list: 'calls',
      page,
      order: { field: 'createdAt', direction: -1, keyOf: call => call.createdAt },
      cursors: this.cursors,
      fetch: async query => {
        const calls = await this.calls.page(query, criteria, without);
        this.joins.together(calls);
        return calls;
      },
      count: () => this.calls.countMatching(criteria),
      toNode: toCallModel,
    });
  }

  /**
   * Runs an analytical pipeline over those of the viewer's calls that match a filter, when it is its turn.
   * @throws DomainError UNAVAILABLE where there are too many reports.
   */
  async analyse<R>(stages: PipelineStage[], filter?: CallFilter): Promise<R[]> {
    const criteria = this.criteriaOf(filter);
    // The criteria hold whose calls the viewer sees.
    const question = JSON.stringify([criteria, stages]);
    return this.reports.run(question, () => this.calls.analyse<R>(criteria, stages));
  }

  /** A client's filter, narrowed to what the viewer may see. */
  criteriaOf(filter?: CallFilter | null): CallCriteria {
    const { viewer } = this.context;
    return {
      createdById: seesAllCalls(viewer) ? idOrNobody('user', filter?.createdById) : ownerOf(viewer),
      agentId: idOrNobody('agent', filter?.agentId),
      statuses: filter?.statuses ?? undefined,
      createdAfter: filter?.createdAfter ?? undefined,
      createdBefore: filter?.createdBefore ?? undefined,
      search: blankAsAbsent(filter?.search),
      metadata: filter?.metadata ?? undefined,
    };
  }

  /** Which events the viewer may hear. */
  visibilityOf(viewer: Viewer, callId?: ObjectId): EventVisibility {
    return { ...(seesAllCalls(viewer) ? {} : { ownerId: ownerOf(viewer) }), ...(callId ? { callId } : {}) };
  }

  isVisible(call: CallDocument): boolean {
    const { viewer } = this.context;
    return seesAllCalls(viewer) || (call.createdById !== null && ownerOf(viewer).equals(call.createdById));
  }

  /** Whether the viewer is the one who made the call. */
  isCreator(call: CallDocument): boolean {
    const { viewer } = this.context;
    switch (viewer.kind) {
      case 'user':
        return call.createdById !== null && viewer.userId.equals(call.createdById);
      case 'key':
        return call.createdByKeyId !== null && viewer.keyId.equals(call.createdByKeyId);
      case 'link':
      case 'system':
      case 'anonymous':
        return false;
    }
  }
}

/** @throws DomainError FORBIDDEN for viewers that own nothing. */
function ownerOf(viewer: Viewer): ObjectId {
  if (viewer.kind !== 'user') throw new DomainError('FORBIDDEN');
  return viewer.userId;
}

/** A search for nothing is no search. */
function blankAsAbsent(search: string | null | undefined): string | undefined {
  return search == null || search.trim() === '' ? undefined : search;
}

/** The id that a filter names; an id that cannot exist matches nothing, like any unknown one. */
function idOrNobody(type: 'user' | 'agent', publicId: string | null | undefined): ObjectId | undefined {
  return publicId == null ? undefined : (fromPublicId(type, publicId) ?? newObjectId());
}
