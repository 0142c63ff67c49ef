import type { Findings } from './findings.js';
import type { Side } from './seat.js';

/** Links and things that are tried with each other. */
const MOST = 5;

/** An id of the intruder's in a link, and one of the owner's in its place. */
interface Bend {
  readonly used: string;
  readonly other: string;
}

const hexOf = (id: string): string => id.slice(id.indexOf('_') + 1);

/**
 * Bends the intruder's own links, which open something to any holder, towards things of the owner's, and sends them with
 * the owner's name. Returns how many were tried.
 */
export async function tamperWithLinks(intruder: Side, owner: Side, findings: Findings): Promise<number> {
  let tried = 0;
  for (const link of someOfEachKind(intruder.belongings.links)) {
    tried += 1;
    const named = await fetch(link, { headers: { 'x-tenant-subdomain': owner.subdomain } });
    await named.body?.cancel();
    if (named.ok) findings.add('a signed link', "opens with another tenant's name beside it");
    for (const bends of waysToBend(link, intruder, owner)) {
      tried += 1;
      const bent = bends.reduce((text, { used, other }) => text.replaceAll(hexOf(used), hexOf(other)), link);
      const response = await fetch(bent);
      intruder.received.push({ where: 'a bent link', text: await response.text() });
      const others = bends.map(({ other }) => other).join(', ');
      if (response.ok)
        findings.add('a signed link', `opens what is the other tenant's once its ids are put in: ${others}`);
    }
  }
  return tried;
}

/** Kinds are told apart by where on the server they lead. */
function someOfEachKind(links: Iterable<string>): string[] {
  const kinds = new Map<string, string[]>();
  for (const link of links) {
    const [, kind = ''] = new URL(link).pathname.split('/');
    kinds.set(kind, [...(kinds.get(kind) ?? []), link]);
  }
  return [...kinds.values()].flatMap(ofKind => ofKind.slice(0, MOST));
}

/** Each id that a link holds by itself, and all of them together: one that does not fit the others may open nothing. */
function waysToBend(link: string, intruder: Side, owner: Side): Bend[][] {
  const named = [...intruder.belongings.newest.keys()].flatMap(type => {
    const others = owner.belongings.allOf(type).slice(0, MOST);
    const used = intruder.belongings.allOf(type).filter(id => link.includes(hexOf(id)));
    return others.length === 0 ? [] : used.map(id => ({ used: id, others }));
  });
  const single = named.flatMap(({ used, others }) => others.map(other => [{ used, other }]));
  const most = Math.max(0, ...named.map(({ others }) => others.length));
  const together = Array.from({ length: named.length > 1 ? most : 0 }, (_, index) =>
    named.map(({ used, others }) => ({ used, other: others[index] ?? others[0] ?? used })),
  );
  return [...single, ...together];
}
