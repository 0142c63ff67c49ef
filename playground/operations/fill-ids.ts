import type { Api } from '../api.js';
import type { IdKind } from '../known-ids.js';

const ID_IN_VARIABLES = /"(call|agent)_[0-9a-f]{24}"/g;

/** Where to find an id when no answer held one yet. */
const LATEST: Readonly<Record<'call' | 'agent', string>> = {
  call: '{ calls(first: 1) { nodes { id } } }',
  agent: '{ agents(first: 1) { nodes { id } } }',
};

/**
 * Puts ids that exist in place of those in a variables text: the ones of the latest answers, else the newest thing
 * of the kind. Where there is none (nobody signed in, nothing created) the text stays as it is.
 */
export async function fillIds(variables: string, api: Api): Promise<string> {
  const kinds = new Set([...variables.matchAll(ID_IN_VARIABLES)].map(([, kind]) => kind as 'call' | 'agent'));
  for (const kind of kinds) {
    if (api.knownIds.get(kind) === undefined) await api.send({ query: LATEST[kind] }).catch(() => undefined);
  }
  return variables.replace(ID_IN_VARIABLES, (text, kind: IdKind) => {
    const id = api.knownIds.get(kind);
    return id === undefined ? text : `"${id}"`;
  });
}
