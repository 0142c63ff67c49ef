import { Injectable } from '@nestjs/common';
import { reportUnreadable } from '../../errors/unreadable-data.js';
import { PersonalData } from '../../data-keys/personal-data.js';
import { pseudonymOf } from '../../data-keys/pseudonym.js';
import type { AuditDocument } from './audit.schema.js';

/** Who a person was that did something, and from where: what a row holds sealed. */
export interface RowOrigin {
  /** Null for whoever had not signed in: then the row's own label says all there is. */
  readonly label: string | null;
  readonly ip: string | null;
  readonly userAgent: string | null;
}

/** What of a row may be sealed, as far as it can be read. */
export interface ReadableRow {
  readonly actorLabel: string;
  readonly details: Record<string, unknown>;
  readonly ip: string | null;
  readonly userAgent: string | null;
}

/** Reads what is sealed in audit rows. Of a person who is erased a pseudonym is left, the same in all his rows. */
@Injectable()
export class AuditReader {
  constructor(private readonly persons: PersonalData) {}

  /** Opens rows that were read together, by the hex digits of their ids; one query for all of them. */
  async open(rows: readonly AuditDocument[]): Promise<ReadonlyMap<string, ReadableRow>> {
    const open = await this.persons.opener(rows.flatMap(row => [row.sealedOrigin, row.sealedDetails]));
    const parts = ({ _id }: AuditDocument, sealed: string | null): Record<string, unknown> => {
      try {
        return recordOf(JSON.parse(open(sealed) ?? '{}'));
      } catch (error) {
        // One row that cannot be opened must not take the page with it.
        reportUnreadable({ what: 'audit event', id: _id.toHexString(), reason: (error as Error).message });
        return {};
      }
    };
    return new Map(
      rows.map(row => {
        const origin = originOf(parts(row, row.sealedOrigin));
        const readable = {
          actorLabel: origin.label ?? row.actorLabel ?? (row.actorId ? pseudonymOf(row.actorId) : 'unknown'),
          details: { ...row.details, ...parts(row, row.sealedDetails) },
          ip: origin.ip ?? row.ip,
          userAgent: origin.userAgent ?? row.userAgent,
        };
        return [row._id.toHexString(), readable];
      }),
    );
  }
}

/** @throws for anything but an object. */
function recordOf(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new Error('It holds something else');
}

function originOf({ label, ip, userAgent }: Record<string, unknown>): Partial<RowOrigin> {
  return { label: textOf(label), ip: textOf(ip), userAgent: textOf(userAgent) };
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);
