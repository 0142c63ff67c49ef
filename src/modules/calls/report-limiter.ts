import { Injectable } from '@nestjs/common';
import { bulkhead, BulkheadRejectedError, type BulkheadPolicy, TaskCancelledError } from 'cockatiel';
import { DomainError } from '../../errors/domain-error.js';
import { type TenantKey, tenantKey } from '../../ids/tenant-key.js';
import { OneAtATime } from '../../repeat/one-at-a-time.js';
import { TenantContext } from '../../tenancy/tenant-context.js';

/** Reports that one tenant has under way at a time, in each process. */
export const REPORTS_PER_TENANT = 2;
/** Reports of all tenants together that a process has under way at a time. */
export const REPORTS_PER_PROCESS = 4;
/** Reports that may wait, of one tenant and of all. */
const WAITING_PER_TENANT = 20;
const WAITING_PER_PROCESS = 100;
/** How long a report may wait for its turn, in milliseconds. */
const PATIENCE_MS = 5000;
/** When it is worth trying again. */
const RETRY_AFTER_SECONDS = 5;

/**
 * Runs reports that read many documents, a few at a time per tenant and per process, so that neither the database nor
 * other tenants wait for one tenant's reports. Those of one tenant that ask for the very same share a run that begins
 * after they have asked.
 */
@Injectable()
export class ReportLimiter {
  private readonly shared = new OneAtATime<TenantKey, unknown>();
  private readonly process = bulkhead(REPORTS_PER_PROCESS, WAITING_PER_PROCESS);
  private readonly tenants = new Map<TenantKey, BulkheadPolicy>();

  constructor(private readonly context: TenantContext) {}

  /**
   * Runs a report of the running scope's tenant.
   * @param question all that its result depends on beside the tenant, what the viewer may see included.
   * @throws DomainError UNAVAILABLE, with the seconds to wait, where its turn does not come within five seconds.
   */
  async run<T>(question: string, work: () => Promise<T>): Promise<T> {
    const { id } = this.context.tenant;
    // Reports of one question are of one type.
    return (await this.shared.run(tenantKey(id, question), () => this.inTurn(tenantKey(id), work))) as T;
  }

  private async inTurn<T>(tenant: TenantKey, work: () => Promise<T>): Promise<T> {
    const own = this.tenants.get(tenant) ?? bulkhead(REPORTS_PER_TENANT, WAITING_PER_TENANT);
    this.tenants.set(tenant, own);
    const patience = new AbortController();
    const late = setTimeout(() => patience.abort(), PATIENCE_MS);
    const begin = () => {
      clearTimeout(late);
      return work();
    };
    const { signal } = patience;
    // The bulkhead itself looks at a signal only when it has a free slot.
    const tired = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(tooMany()));
    });
    try {
      return await Promise.race([own.execute(() => this.process.execute(begin, signal), signal), tired]);
    } catch (error) {
      if (error instanceof BulkheadRejectedError || error instanceof TaskCancelledError) throw tooMany();
      throw error;
    } finally {
      clearTimeout(late);
      if (own.executionSlots === REPORTS_PER_TENANT) this.tenants.delete(tenant);
    }
  }
}

function tooMany(): DomainError {
  const message = 'The server is busy with other reports: try again.';
  return new DomainError('UNAVAILABLE', message, { retryAfterSeconds: RETRY_AFTER_SECONDS });
}
