import { describe, expect, it } from '@jest/globals';
import { OperationIds } from './operation-ids.js';

const message = (type: string, id: string) => JSON.stringify({ id, type, payload: {} });

describe('The ids of a socket’s operations', () => {
  /** Begins an operation and returns its number with the id that the library hears. */
  const begin = (ids: OperationIds, id: string) => {
    const incoming = ids.incoming(message('subscribe', id));
    if (typeof incoming === 'string' || incoming.operation === undefined) throw new Error('It did not begin');
    return { operation: incoming.operation, inside: (JSON.parse(incoming.text) as { id: string }).id };
  };
  const next = (id: string) => JSON.stringify({ id, type: 'next', payload: { a: 1 } });

  it.each(['x', '1', '1:2', '__proto__', '"', 'é\u2028'])(
    'give %j another name inside each time, and itself outside',
    id => {
      const ids = new OperationIds();
      const first = begin(ids, id);
      expect(ids.outgoing(next(first.inside))).toBe(next(id));
      ids.incoming(message('complete', id));
      const second = begin(ids, id);
      expect(second.inside).not.toBe(first.inside);
      expect(ids.outgoing(next(first.inside))).toBeNull();
      expect(ids.outgoing(next(second.inside))).toBe(next(id));
      ids.end(first.operation);
      expect(ids.clientIdOf(first.operation)).toBeNull();
      expect(ids.clientIdOf(second.operation)).toBe(id);
    },
  );

  it('refuse one that runs, and free it by `complete` or by its end', () => {
    const ids = new OperationIds();
    const { operation } = begin(ids, 'x');
    expect(ids.incoming(message('subscribe', 'x'))).toBe('taken');
    ids.end(operation);
    begin(ids, 'x');
    ids.incoming(message('complete', 'x'));
    begin(ids, 'x');
    expect(ids.incoming(message('subscribe', 'x'))).toBe('taken');
  });

  it('count what its client has completed until it has ended', () => {
    const ids = new OperationIds();
    const operations = Array.from({ length: 300 }, () => {
      const { operation } = begin(ids, 'x');
      ids.incoming(message('complete', 'x'));
      return operation;
    });
    expect([ids.activeCount, ids.runningCount]).toEqual([0, 300]);
    for (const operation of operations) ids.end(operation);
    expect([ids.activeCount, ids.runningCount]).toEqual([0, 0]);
  });

  it.each(['unknown', '__proto__', '1:x'])('ignore the `complete` of %j, which none has', id => {
    const ids = new OperationIds();
    begin(ids, 'x');
    expect(ids.incoming(message('complete', id))).toBe('ignored');
    expect(ids.activeCount).toBe(1);
  });

  it.each([
    '{',
    '[]',
    'null',
    '"x"',
    '{"type":"ping"}',
    '{"id":"","type":"subscribe"}',
    '{"id":1,"type":"complete"}',
  ])('hand %s on as it is', text => {
    expect(new OperationIds().incoming(text)).toEqual({ text });
  });
});
