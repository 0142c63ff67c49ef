import { describe, expect, it } from '@jest/globals';
import { type FragmentDefinitionNode, Kind, parse } from 'graphql';
import { selectedFields } from './selected-fields.js';

function selectedOf(query: string): string[] {
  const { definitions } = parse(query);
  const operation = definitions.find(definition => definition.kind === Kind.OPERATION_DEFINITION);
  const fragments = definitions.filter(definition => definition.kind === Kind.FRAGMENT_DEFINITION);
  const fieldNodes = (operation?.selectionSet.selections ?? []).filter(node => node.kind === Kind.FIELD);
  const named = fragments.map((node): [string, FragmentDefinitionNode] => [node.name.value, node]);
  return [...selectedFields({ fieldNodes, fragments: Object.fromEntries(named) })];
}

describe('selectedFields', () => {
  it('names fields at any depth by their path', () => {
    expect(selectedOf('{ dashboard { totalCalls recentCalls { id transcript { totalCount } } } }')).toEqual([
      'totalCalls',
      'recentCalls',
      'recentCalls.id',
      'recentCalls.transcript',
      'recentCalls.transcript.totalCount',
    ]);
  });

  it('looks into fragments, through aliases, and into fields that are selected twice', () => {
    const query = `
      subscription { dashboard { ...Numbers ... on Dashboard { newest: recentCalls { id } } } dashboard { failedCalls } }
      fragment Numbers on Dashboard { activeCalls }
    `;
    expect(selectedOf(query)).toEqual(['activeCalls', 'recentCalls', 'recentCalls.id', 'failedCalls']);
  });
});
