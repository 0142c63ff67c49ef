import { nameOf } from './document.js';
import type { Door } from './doors.js';
import type { Findings } from './findings.js';
import type { Seat } from './seat.js';
import type { Success, Treatment } from './treatment.js';

/** How long a stream is listened to that should not have been opened. */
const LISTENING_MS = 1500;

/** Tries what works for its owner once more from inside the tenant, as those who have no right to it. */
export class Rights {
  /** @param reader a program that may only read; null where none can be made. */
  constructor(
    private readonly treatment: Treatment,
    private readonly stranger: Seat,
    private readonly reader: Seat | null,
    private readonly findings: Findings,
  ) {}

  /** @param target what the owner has just made for this, by path. */
  async onField(success: Success, target: Readonly<Record<string, unknown>>, door: Door): Promise<void> {
    const { field, values } = success;
    const named = [...values].map(
      ([slot, value]) => [slot, slot.path in target ? target[slot.path] : value] as const,
    );
    const operation = this.treatment.operationOf(field, new Map(named));
    const seats = [this.stranger, ...(field.type === 'Mutation' && this.reader ? [this.reader] : [])];
    const patience = field.type === 'Subscription' ? LISTENING_MS : undefined;
    for (const seat of seats) {
      const { data } = await this.treatment.send(door, operation, seat, patience);
      if (data?.[field.name] != null)
        this.findings.add(`${nameOf(field)} as ${seat.role}`, 'works for somebody who has no right to it');
    }
  }
}
