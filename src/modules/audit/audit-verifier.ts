import { Injectable } from '@nestjs/common';
import { Outbox } from '../../events/outbox.js';
import { type StreamHead, StreamHeads } from '../../events/stream-heads.js';
import { type TenantKey, tenantKey } from '../../ids/tenant-key.js';
import { OneAtATime } from '../../repeat/one-at-a-time.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import type { AuditCheckpoint } from './audit-checkpoint.js';
import { AuditChain } from './audit-chain.js';
import { GENESIS } from './audit-hash.js';
import type { AuditVerificationModel } from './audit-verification.model.js';
import { type AuditWalk, WALK_START, walkOn } from './audit-walk.js';
import { AuditRepository } from './audit.repository.js';
import type { AuditDocument } from './audit.schema.js';

/** Small enough that nobody waits for one page's hashes. */
const PAGE = 100;

/**
 * Checks a tenant's audit log: every row against its hash, the chain against its head, and that no row stands
 * beside the chain. Writing may go on meanwhile; what is sealed after the start is left for the next check.
 */
@Injectable()
export class AuditVerifier {
  private readonly checks = new OneAtATime<TenantKey, AuditVerificationModel>();

  constructor(
    private readonly rows: AuditRepository,
    private readonly chain: AuditChain,
    private readonly heads: StreamHeads,
    private readonly outbox: Outbox,
    private readonly context: TenantContext,
  ) {}

  /**
   * Checks the log of the running scope's tenant, once at a time: it reads all of it. It changes nothing.
   * @param checkpoints which the log must still agree with: what shows when its end is cut off together with the head.
   */
  async verify(checkpoints: readonly AuditCheckpoint[] = []): Promise<AuditVerificationModel> {
    const asked = tenantKey(this.context.tenant.id, ...checkpoints.map(({ hash }) => hash));
    return this.checks.run(asked, () => this.check(checkpoints));
  }

  private async check(checkpoints: readonly AuditCheckpoint[]): Promise<AuditVerificationModel> {
    const head = await this.heads.read('audit');
    const walk = await this.walkTo(head);
    const faults = [
      walk.brokenAt,
      await this.faultAtHead(head, walk),
      await this.strayRow(),
      await this.faultAtCheckpoints(head, checkpoints),
    ];
    const broken = faults.filter(sequence => sequence !== null);
    return {
      isIntact: broken.length === 0,
      checked: walk.sequence,
      firstBrokenSequence: broken.length === 0 ? null : Math.min(...broken),
      headHash: head.hash || GENESIS,
    };
  }

  private async walkTo(head: StreamHead): Promise<AuditWalk> {
    let walk = WALK_START;
    while (walk.brokenAt === null && walk.sequence < head.position) {
      const links = await this.chain.after(walk.sequence, Math.min(PAGE, head.position - walk.sequence));
      // The head says that there are more: the end was cut off.
      if (links.length === 0) return { ...walk, brokenAt: walk.sequence + 1 };
      const rows = await this.rows.findByIds(links.map(({ auditId }) => auditId));
      walk = walkOn(walk, links, new Map(rows.map(row => [row._id.toHexString(), row])));
    }
    return walk;
  }

  /** The head must be the last link, and no link may lie behind it. */
  private async faultAtHead(head: StreamHead, walk: AuditWalk): Promise<number | null> {
    if (walk.brokenAt === null && walk.hash !== (head.hash || GENESIS)) return Math.max(1, head.position);
    const last = (await this.chain.last())?.sequence ?? 0;
    // Links come together with the head's advance: a head that is read after them has caught up with every one.
    const { position } = await this.heads.read('audit');
    return last > position ? position + 1 : null;
  }

  private async faultAtCheckpoints(
    { position }: StreamHead,
    checkpoints: readonly AuditCheckpoint[],
  ): Promise<number | null> {
    for (const { sequence, hash } of [...checkpoints].sort((a, b) => a.sequence - b.sequence)) {
      if (sequence === 0) continue;
      const link = await this.chain.at(sequence);
      if (!link) return Math.min(sequence, position + 1);
      if (link.hash !== hash) return sequence;
    }
    return null;
  }

  /** The place that the first row beside the chain claims by its time; null when there is none. */
  private async strayRow(): Promise<number | null> {
    let reached = 0;
    let last: AuditDocument | undefined;
    do {
      const page = await this.rows.inOrder(last ?? null, PAGE);
      const sequences = await this.sequencesOf(page);
      for (const row of page) {
        const sequence = sequences.get(row._id.toHexString());
        if (sequence === undefined) return reached + 1;
        reached = Math.max(reached, sequence);
      }
      last = page.at(-1);
    } while (last);
    return null;
  }

  /**
   * The sequences of rows; 0 for those that still wait for theirs. The order of reading matters: a row leaves the
   * outbox in the transaction that links it, so one that does not wait any more must have its link by then.
   */
  private async sequencesOf(rows: readonly AuditDocument[]): Promise<ReadonlyMap<string, number>> {
    const ids = rows.map(row => row._id);
    const waiting = await this.outbox.waitingAmong(this.context.tenant.id, 'audit', ids);
    const links = await this.chain.linksOf(ids);
    return new Map([
      ...waiting.map(id => [id.toHexString(), 0] as const),
      ...links.map(link => [link.auditId.toHexString(), link.sequence] as const),
    ]);
  }
}
