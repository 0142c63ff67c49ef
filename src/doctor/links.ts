import type { Findings } from './findings.js';
import type { Side } from './seat.js';

/** Links and things that are tried with each other. */
const MOST = 5;

const hexOf = (id: string): string => id.slice(id.indexOf('_') + 1);

/**
 * Bends the intruder's own links, which open something to whoever has them, towards things of the owner's. Returns how
 * many were tried.
 */
export async function tamperWithLinks(intruder: Side, owner: Side, findings: Findings): Promise<number> {
  let tried = 0;
  for (const link of [...intruder.belongings.links].slice(0, MOST)) {
    for (const type of intruder.belongings.newest.keys()) {
      const used = intruder.belongings.allOf(type).find(id => link.includes(hexOf(id)));
      if (used === undefined) continue;
      for (const other of owner.belongings.allOf(type).slice(0, MOST)) {
        tried += 1;
        const response = await fetch(link.replaceAll(hexOf(used), hexOf(other)));
        intruder.received.push({ where: 'a bent link', text: await response.text() });
        if (response.ok)
          findings.add('a signed link', `opens what is the other tenant's once its id is put in: ${other}`);
      }
    }
  }
  return tried;
}
