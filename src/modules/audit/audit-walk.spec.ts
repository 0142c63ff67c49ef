import { describe, expect, it } from '@jest/globals';
import { newObjectId } from '../../mongo/object-id.js';
import { auditHash, GENESIS } from './audit-hash.js';
import { type AuditWalk, WALK_START, walkOn } from './audit-walk.js';
import type { AuditDocument } from './audit.schema.js';

const tenantId = newObjectId();

function row(action: string): AuditDocument {
  return {
    _id: newObjectId(),
    tenantId,
    action,
    actorId: null,
    actorLabel: 'nobody',
    details: { b: 1, a: { d: null, c: ['x'] } },
    ip: null,
    userAgent: null,
    sealedOrigin: null,
    sealedDetails: null,
    requestId: 'request',
    occurredAt: new Date('2026-01-01T00:00:00.000Z'),
  };
}

const stored = ['one', 'two', 'three'].map(row);
let hash = GENESIS;
const links = stored.map((document, index) => {
  hash = auditHash(hash, document);
  return { sequence: index + 1, auditId: document._id, hash };
});
const rowsOf = (documents: readonly AuditDocument[]) =>
  new Map(documents.map(document => [document._id.toHexString(), document]));
const walk = (documents: readonly AuditDocument[], chain = links, start: AuditWalk = WALK_START) =>
  walkOn(start, chain, rowsOf(documents));

/** The stored rows with one of them changed. */
const changed = (index: number, change: Partial<AuditDocument>) =>
  stored.map((document, at) => (at === index ? { ...document, ...change } : document));

describe('walkOn', () => {
  it('reaches the end of a chain that is in order, also page by page', () => {
    const end = { sequence: 3, hash, brokenAt: null };
    expect(walk(stored)).toEqual(end);
    expect(walk(stored, links.slice(2), walk(stored, links.slice(0, 2)))).toEqual(end);
  });

  it('does not mind the order of keys, which a database may change', () => {
    expect(walk(changed(1, { details: { a: { c: ['x'], d: null }, b: 1 } })).brokenAt).toBeNull();
  });

  it.each<[string, Partial<AuditDocument>]>([
    ['its action', { action: 'other' }],
    ['its actor', { actorId: newObjectId() }],
    ['who it was', { actorLabel: 'somebody' }],
    ['a detail, deep inside', { details: { b: 1, a: { d: null, c: ['y'] } } }],
    ['its address', { ip: '192.0.2.1' }],
    ['its time', { occurredAt: new Date('2026-01-01T00:00:00.001Z') }],
  ])('stops at a row after a change of %s', (_what, change) => {
    expect(walk(changed(1, change))).toEqual({ sequence: 1, hash: links[0]?.hash, brokenAt: 2 });
  });

  it('stops at a row that is gone, at a link that is gone, and at links that have changed places', () => {
    expect(walk(stored.slice(0, 2)).brokenAt).toBe(3);
    expect(
      walk(
        stored,
        links.filter(link => link.sequence !== 2),
      ).brokenAt,
    ).toBe(2);
    const [first, second, third] = links.map(link => link.auditId);
    const swapped = [second, first, third].map((auditId, index) => ({
      sequence: index + 1,
      auditId: auditId ?? newObjectId(),
      hash: links[index]?.hash ?? '',
    }));
    expect(walk(stored, swapped).brokenAt).toBe(1);
  });

  it('stays where it has stopped', () => {
    const stopped = { sequence: 1, hash: 'x', brokenAt: 2 };
    expect(walk(stored, links.slice(1), stopped)).toBe(stopped);
  });
});
