import type { Door } from './doors.js';
import type { Findings } from './findings.js';
import type { Seat, Side } from './seat.js';

const WHO = { query: '{ tenant { id subdomain name } }', variables: {} };

/** Comes with the intruder's credential and names the owner's tenant beside it, at every door. */
export async function nameTheOther(
  doors: readonly Door[],
  intruder: Seat,
  owner: Side,
  findings: Findings,
): Promise<void> {
  for (const door of doors) {
    const { data } = await door.send(WHO, { ...intruder, subdomain: owner.subdomain }, 10_000);
    if (data !== null)
      findings.add(
        `X-Tenant-Subdomain over ${door.name}`,
        'a credential of one tenant was taken with the name of another',
      );
  }
}
