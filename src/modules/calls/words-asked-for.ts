import { type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql';
import type { CallHappening } from '../../events/call-event.schema.js';
import type { Accessed } from '../audit/access-records.js';

/** What is on record when a field of an event is read. */
const ACCESSED: Readonly<Record<string, Accessed>> = {
  utterance: 'transcript',
  summary: 'summary',
  shortSummary: 'summary',
};

/** What reading an event tells of what was said. */
export const WORDS_OF: Readonly<Partial<Record<CallHappening['type'], Accessed>>> = {
  utteranceAdded: 'transcript',
  summaryReady: 'summary',
};

/** What an operation asks for of what was said, anywhere below the running field. */
export function wordsAskedFor({ fieldNodes, fragments }: GraphQLResolveInfo): Set<Accessed> {
  const asked = new Set<Accessed>();
  const seen = new Set<string>();
  const walk = (selections?: SelectionSetNode): void => {
    for (const selection of selections?.selections ?? []) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const { value } = selection.name;
        if (!seen.has(value)) walk(fragments[value]?.selectionSet);
        seen.add(value);
        continue;
      }
      const what = selection.kind === Kind.FIELD ? ACCESSED[selection.name.value] : undefined;
      if (what) asked.add(what);
      walk(selection.selectionSet);
    }
  };
  for (const { selectionSet } of fieldNodes) walk(selectionSet);
  return asked;
}
