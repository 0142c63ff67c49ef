import { isNonNullType } from 'graphql';
import { nameOf, type RootField } from './document.js';
import type { Door } from './doors.js';
import type { Findings } from './findings.js';
import type { Seat, Side } from './seat.js';
import { hasWorked, type Treatment } from './treatment.js';

/** Streams that somebody keeps open all the while, from the beginning on, to hear everything that he can. */
export class Eavesdropping {
  private readonly ends: (() => void)[] = [];
  private readonly heard: { readonly where: string; readonly text: string }[] = [];

  constructor(
    private readonly seat: Seat,
    private readonly treatment: Treatment,
    private readonly findings: Findings,
  ) {}

  /** How many streams were opened. */
  get count(): number {
    return this.ends.length;
  }

  /** Opens every stream that needs no argument, at each of the doors that take one. */
  async open(doors: readonly Door[], fields: readonly RootField[]): Promise<void> {
    const [first] = doors;
    for (const field of fields) {
      if (!first || field.type !== 'Subscription' || field.field.args.some(({ type }) => isNonNullType(type)))
        continue;
      const tried = await this.treatment.succeed(field, first, this.seat);
      if (!hasWorked(tried)) continue;
      const operation = this.treatment.operationOf(field, tried.values);
      for (const door of doors) this.listen(door, field, operation);
    }
  }

  end(): void {
    for (const end of this.ends) end();
  }

  /** Looks for what is somebody else's in all that was heard. */
  lookForNames({ belongings }: Side): void {
    for (const { where, text } of this.heard) {
      const names = belongings.names.filter(name => text.includes(name));
      if (names.length > 0)
        this.findings.add(where, `tells names of the other tenant: ${names.slice(0, 3).join(', ')}`);
    }
  }

  private listen(door: Door, field: RootField, operation: Parameters<Door['send']>[0]): void {
    const end = door.listen?.(operation, this.seat, answer => {
      if (answer.errors)
        this.findings.add(
          nameOf(field),
          `was not listened to over ${door.name}: ${answer.errors[0]?.message ?? ''}`,
        );
      this.heard.push({ where: `${nameOf(field)} over ${door.name}`, text: answer.text });
      this.treatment.learn(field, answer, this.seat);
    });
    if (end) this.ends.push(end);
  }
}
