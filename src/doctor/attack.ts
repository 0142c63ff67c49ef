import { randomBytes } from 'node:crypto';
import { typeOf } from './belongings.js';
import { nameOf, type RootField } from './document.js';
import type { Answer, Door, Operation } from './doors.js';
import type { Findings } from './findings.js';
import type { Seat, Side } from './seat.js';
import { type Slot, slotsOf } from './slots.js';
import type { Success, Treatment } from './treatment.js';

/** How long an intruder's subscription is listened to. */
const LISTENING_MS = 1500;
/** How often an answer that differs is asked for again: the intruder's own things change by themselves. */
const MOST_TURNS = 4;
const AT_ONCE = 6;
/** A place that is in many fields of one document; which of them fails first is left to chance. */
const NESTED_CURSOR = 'a nested cursor';

/** Fields that are open to everybody in the world, and name things that are. */
const PUBLIC: ReadonlySet<string> = new Set(['Query.branding', 'Mutation.signUpTenant']);

/** Whether a field is open to everybody and names what is. */
export const isPublic = (field: RootField): boolean => PUBLIC.has(nameOf(field));

/** Something of the owner's that an intruder names. */
interface Bait {
  readonly value: string;
  /** Whether it is of the kind that the field is for. */
  readonly isLikely: boolean;
}

/** Names things of the owner's tenant in the name of the intruder's. */
export class Attack {
  /** Arguments that were attacked. */
  readonly attacked = new Set<string>();
  count = 0;

  constructor(
    private readonly treatment: Treatment,
    private readonly owner: Side,
    private readonly findings: Findings,
  ) {}

  /**
   * Names what is the owner's at every place of a root field that names something. The answer has to be that to
   * something that never was.
   * @param target what the owner has just made for this, by path.
   */
  async onArguments(
    success: Success,
    target: Readonly<Record<string, unknown>>,
    seats: readonly Seat[],
    doors: readonly Door[],
  ): Promise<void> {
    const { field } = success;
    // What is open to everybody may name what is; but a token of the owner's opens nothing there either.
    const isOpen = isPublic(field);
    const open = (isOpen ? doors.slice(0, 1) : doors).filter(
      door => field.type !== 'Subscription' || door.takesSubscriptions,
    );
    const attempts = slotsOf(field.field.args).flatMap(slot => {
      if (slot.naming === null || (isOpen && slot.naming !== 'token')) return [];
      this.attacked.add(`${nameOf(field)}(${slot.path})`);
      return this.baitsFor(slot, success, target).flatMap(({ value, isLikely }) =>
        // What is unlikely is tried at one door and by one person, others at every door by one of them.
        (isLikely && !isOpen ? seats : seats.slice(0, 1)).flatMap((seat, index) =>
          open.slice(0, isLikely && index === 0 ? open.length : 1).map(door => ({ slot, value, seat, door })),
        ),
      );
    });
    await atOnce(attempts, ({ slot, value, seat, door }) => {
      const operations = [value, unknownLike(value)].map(named => this.naming(success, slot, named, seat));
      return this.judge(nameOf(field), slot.path, operations as [Operation, Operation], seat, door);
    });
  }

  /** Goes on in nested lists of the intruder's own with cursors of the owner's. */
  async onCursors(success: Success, seat: Seat, door: Door): Promise<void> {
    const operationWith = (cursor?: string) =>
      this.treatment.operationOf(success.field, success.values, cursor === undefined ? {} : { cursor });
    const plain = operationWith();
    await atOnce(this.owner.belongings.cursors, async cursor => {
      const operations = [operationWith(cursor), operationWith(unknownLike(cursor))] as const;
      if (operations[0].query !== plain.query)
        await this.judge(nameOf(success.field), NESTED_CURSOR, operations, seat, door);
    });
  }

  /** The operation that names something in one place, with the intruder's own in all others. */
  private naming(success: Success, slot: Slot, value: string, { side }: Seat): Operation {
    const isBackward = slot.path.endsWith('before');
    const others = [...this.treatment.valuesOf(success, side)].filter(
      ([{ path }]) => path !== slot.path && !(isBackward && path === 'first'),
    );
    const last = isBackward ? slotsOf(success.field.field.args).filter(({ path }) => path === 'last') : [];
    const isList = String(slot.type).startsWith('[');
    const values = new Map<Slot, unknown>([
      ...others,
      ...last.map(companion => [companion, 2] as const),
      [slot, isList ? [value] : value],
    ]);
    return this.treatment.operationOf(success.field, values, { only: typeOf(value) ?? '' });
  }

  /** Sends what names the owner's and what names nothing; the two must be answered alike. */
  private async judge(
    name: string,
    place: string,
    [attack, control]: readonly [Operation, Operation],
    seat: Seat,
    door: Door,
  ): Promise<void> {
    const where = `${name} (${place}) over ${door.name} as ${seat.role}`;
    const patience = attack.query.startsWith('subscription') ? LISTENING_MS : undefined;
    let difference: string | null = null;
    for (let turn = 0; turn < MOST_TURNS && (turn === 0 || difference !== null); turn += 1) {
      this.count += 1;
      const [answer, never] = (await Promise.all(
        [attack, control].map(operation => this.treatment.send(door, operation, seat, patience)),
      )) as [Answer, Answer];
      this.lookForNames(where, answer, attack);
      const isOfMany = place === NESTED_CURSOR;
      const [shown, expected] = [comparable(answer, attack, isOfMany), comparable(never, control, isOfMany)];
      if (/token$/i.test(place)) {
        // A token says itself whose it is, so it may be told from none; it must open nothing.
        const isHonoured = Object.values(answer.data ?? {}).some(value => value !== null);
        if (isHonoured) this.findings.add(where, `honours what is somebody else's: ${shown.slice(0, 300)}`);
        return;
      }
      // What is the intruder's own goes on meanwhile: only what differs each time is told apart.
      difference = shown === expected ? null : `${shown.slice(0, 300)} instead of ${expected.slice(0, 300)}`;
    }
    if (difference !== null)
      this.findings.add(where, `tells what is somebody else's from what never was: ${difference}`);
  }

  private lookForNames(where: string, { text }: Answer, attack: Operation): void {
    const asked = JSON.stringify(attack);
    const names = this.owner.belongings.names.filter(name => text.includes(name) && !asked.includes(name));
    if (names.length > 0)
      this.findings.add(where, `shows names of the other tenant: ${names.slice(0, 3).join(', ')}`);
  }

  /** What of the owner's a slot is tried with. */
  private baitsFor(slot: Slot, success: Success, target: Readonly<Record<string, unknown>>): Bait[] {
    const { belongings, email, subdomain } = this.owner;
    const named = target[slot.path] ?? [...success.values].find(([{ path }]) => path === slot.path)?.[1];
    const likely = typeof named === 'string' && named !== '' ? [{ value: named, isLikely: true }] : [];
    const others = (values: Iterable<string>) =>
      [...values].filter(value => value !== named).map(value => ({ value, isLikely: likely.length === 0 }));
    switch (slot.naming) {
      case 'id': {
        const [guess] = belongings.idsFor(`${slot.path} ${success.field.name}`);
        const types = [...belongings.newest.values()].filter(value => value !== named);
        const rest = types.map(value => ({ value, isLikely: likely.length === 0 && value === guess }));
        return [...likely, ...rest];
      }
      case 'cursor':
        return others([belongings.cursorFor(success.field.name) ?? '', ...belongings.cursors]).slice(0, 4);
      case 'token':
        // Where the owner needs none, tokens of other fields are all there is.
        return likely.length > 0 ? likely : others(belongings.tokens).slice(0, 2);
      case 'email':
        return [{ value: email, isLikely: true }];
      case 'subdomain':
        return [{ value: subdomain, isLikely: true }];
      case null:
        return [];
    }
  }
}

/** Works on many things, some at a time. */
async function atOnce<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const hand = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, hand));
}

/** Something of the same shape that never was. */
export function unknownLike(name: string): string {
  const type = typeOf(name);
  if (type !== null) return `${type}_${randomBytes(12).toString('hex')}`;
  const [, host] = name.split('@');
  if (host !== undefined) return `admin@d-${randomBytes(8).toString('hex')}.example`;
  if (name.startsWith('d-')) return `d-${randomBytes(8).toString('hex')}`;
  return Buffer.from(Buffer.from(name, 'base64url').map(byte => byte ^ 1)).toString('base64url');
}

/**
 * An answer without what was asked for, and without what differs by itself from one request to the next.
 * @param isOfMany leaves out where an error comes from.
 */
function comparable({ data, errors }: Answer, { variables, query }: Operation, isOfMany: boolean): string {
  const told = isOfMany ? errors?.map(({ message, extensions }) => ({ message, extensions })) : errors;
  const texts = [...textsIn(variables), ...(query.match(/"[^"]+"/g) ?? []).map(text => text.slice(1, -1))];
  const bare = texts.reduce(
    (text, named) => text.replaceAll(JSON.stringify(named).slice(1, -1), '<named>'),
    JSON.stringify([data, told ?? null]),
  );
  return bare
    .replace(/"requestId":"[^"]*"/g, '"requestId":"…"')
    .replace(/[a-z]+_[0-9a-f]{24}/gi, '<id>')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replace(/"[\w+/=.-]{24,}"/g, '"<opaque>"');
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return value === '' ? [] : [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
