import { Injectable } from '@nestjs/common';
import type { UserModel } from '../users/user.model.js';
import { UsersService } from '../users/users.service.js';
import { AuditChain } from './audit-chain.js';
import type { AuditLinkDocument } from './audit-chain.schema.js';
import type { AuditJoins } from './audit-event.model.js';
import { AuditReader, type ReadableRow } from './audit-reader.js';
import type { AuditDocument } from './audit.schema.js';

/** Joins audit rows with their links and actors, and opens what is sealed in them: one query per page and kind, and none when it is not selected. */
@Injectable()
export class AuditJoining {
  constructor(
    private readonly chain: AuditChain,
    private readonly users: UsersService,
    private readonly reader: AuditReader,
  ) {}

  /** The joins of rows that were read together; links that are known already are not read again. */
  of(rows: readonly AuditDocument[], known?: readonly AuditLinkDocument[]): AuditJoins {
    let links: Promise<ReadonlyMap<string, AuditLinkDocument>> | undefined;
    let actors: Promise<ReadonlyMap<string, UserModel>> | undefined;
    let readable: Promise<ReadonlyMap<string, ReadableRow>> | undefined;
    const readLinks = async () => {
      const found = known ?? (await this.chain.linksOf(rows.map(row => row._id)));
      return new Map(found.map(link => [link.auditId.toHexString(), link]));
    };
    return {
      linkOf: async row => (await (links ??= readLinks())).get(row._id.toHexString()) ?? null,
      actorOf: async ({ actorId }) => {
        if (!actorId) return null;
        actors ??= this.users.findMany(rows.map(row => row.actorId));
        return (await actors).get(actorId.toHexString()) ?? null;
      },
      readableOf: async row => {
        const found = (await (readable ??= this.reader.open(rows))).get(row._id.toHexString());
        if (!found) throw new Error('Rows are joined with those that they were read with');
        return found;
      },
    };
  }
}
