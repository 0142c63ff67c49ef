import { describe, expect, it } from '@jest/globals';
import { parse } from 'graphql';
import { Documents } from '../../src/entry/graphql/documents.js';
import type { CallEventDocument } from '../../src/events/call-event.schema.js';
import { EventWords } from '../../src/events/event-words.js';
import { TenantTail } from '../../src/events/tenant-tail.js';
import { platformKey } from '../../src/ids/tenant-key.js';
import { newObjectId } from '../../src/mongo/object-id.js';
import { isContainer } from '../../src/repeat/frozen.js';
import { OneAtATime } from '../../src/repeat/one-at-a-time.js';
import { BriefCache } from '../../src/tenancy/brief-cache.js';
import { keyedStores } from '../kit/keyed-stores.js';

/** What our own classes of keyed stores give to several consumers. */
const CLASSES: Readonly<Record<string, string>> = {
  BriefCache: 'frozen',
  ConcurrencyCaps: 'nothing: it counts',
  OnceInAWhile: 'nothing: it knows times',
  OneAtATime: 'frozen',
  SocketCaps: 'nothing: it counts',
  StreamBackoff: 'nothing: it knows times',
  Turns: 'to each its own result',
};
/** What keeps one value for several consumers by itself: that it is frozen, or why none can change it for another. */
const STORES: Readonly<Record<string, string>> = {
  'entry/graphql/answer-bounds.ts: charactersOfObjects': 'numbers',
  'entry/graphql/answer-bounds.ts: ofContexts': 'the counts of one execution',
  'entry/graphql/documents.ts: admitted': 'frozen',
  'entry/graphql/documents.ts: arrived': 'of one request; frozen once it is admitted',
  'entry/graphql/shared-executions.ts: results': 'frozen',
  'entry/http/http-request.ts: notes': 'of one request',
  'entry/sockets/socket-operations.ts: operations': 'of one operation',
  'entry/sse/event-streams.ts: admissions': 'of one request',
  'errors/coercion-fields.ts: documents': 'read by one function, which visits it',
  'events/event-words.ts: known': 'frozen',
  'events/seal-scan.ts: running': 'nothing but that it is over',
  'jobs/job-runner.ts: active': 'whether it was done here',
  'modules/calls/call-event-cursors.ts: models': 'frozen',
  'modules/calls/call-joins.ts: groups': 'of one answer; its maps are never handed out',
  'modules/webhooks/tries-under-way.ts: tries': 'nothing but that it is over',
  'repeat/turns.ts: last': 'nothing but that it is over',
  'schema/unselected.ts: namesByOperation': 'a set that is never handed out',
  'tenancy/wire-guard/session-owners.ts: owners': 'texts',
  'tenancy/wire-guard/wire-guard.ts: classes': 'of one connection, for its guard',
  'validation/rule.ts: rules': 'made when classes are loaded',
  'validation/rule.ts: schemas': 'zod schemas, which no code changes',
};

/** The paths in a value that may still be changed. */
const loose = (value: unknown, path = '$'): string[] =>
  isContainer(value)
    ? [
        ...(Object.isFrozen(value) ? [] : [path]),
        ...Object.entries(value).flatMap(([key, member]) => loose(member, `${path}.${key}`)),
      ]
    : [];

const row = () => ({
  position: 1,
  happening: { type: 'utteranceAdded', utterance: { text: 'a', parts: [{ n: 1 }] } },
});

describe('What several consumers are given', () => {
  it('is frozen, or cannot be changed by one for another, wherever it is kept', async () => {
    const stores = await keyedStores();
    const isLibrarys = (keeper: string) => /^(Weak)?(Map|Set)$|^LRUCache$/.test(keeper);
    const classes = stores.filter(({ keeper }) => !isLibrarys(keeper)).map(({ keeper }) => keeper);
    expect([...new Set(classes)].sort()).toEqual(Object.keys(CLASSES).sort());
    const sharing = stores.filter(
      ({ keeper, valueType }) =>
        /^(WeakMap|LRUCache)$/.test(keeper) || (keeper === 'Map' && valueType.includes('Promise<')),
    );
    expect(sharing.map(({ name }) => name).sort()).toEqual(Object.keys(STORES).sort());
  });

  it.each<[string, () => Promise<unknown>]>([
    ['a run of OneAtATime', () => new OneAtATime().run('a', () => Promise.resolve([row()]))],
    [
      'a value of BriefCache',
      () => new BriefCache(1000, 10).get(platformKey('a'), () => Promise.resolve(row())),
    ],
    [
      'the items of TenantTail, the amended ones too',
      async () => {
        const pages = [[row(), { ...row(), position: 2 }]];
        const tail = new TenantTail(0, {
          read: () => Promise.resolve(pages.shift() ?? []),
          positionOf: ({ position }) => position,
          sizeOf: () => 1,
          afterwards: earlier => ({ ...earlier, happening: { ...earlier.happening } }),
        });
        await tail.readOn();
        return Object.freeze(tail.after(0, 10));
      },
    ],
    [
      'an event with its words',
      () => {
        const persons = { open: () => Promise.resolve('{"text":"b"}') };
        const event = { _id: newObjectId(), ...row(), sealedWords: 'x' } as unknown as CallEventDocument;
        return new EventWords(persons as never).open(event);
      },
    ],
    [
      'an admitted document',
      () => {
        const documents = new Documents(null as never);
        const text = 'query ($a: Int = 1) { calls(first: $a) { nodes { id } } }';
        documents.keep(parse(text));
        return Promise.resolve(documents.read(text));
      },
    ],
  ])('is frozen with all that is in it: %s', async (_what, give) => {
    const value = await give();
    expect(isContainer(value)).toBe(true);
    expect(loose(value)).toEqual([]);
  });
});
