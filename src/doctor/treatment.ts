import { setTimeout as sleep } from 'node:timers/promises';
import type { GraphQLSchema } from 'graphql';
import { typeOf } from './belongings.js';
import { documentOf, nameOf, noteEdges, type Reach, type RootField } from './document.js';
import type { Answer, AnswerError, Door, Operation } from './doors.js';
import type { Seat, Side } from './seat.js';
import { assemble, choicesFor, type Slot, slotsOf, type Values } from './slots.js';

/** How long one answer may take. */
export const PATIENCE_MS = 15_000;
/** How often the arguments of an operation are changed before it is given up. */
const MOST_TRIES = 40;
/** How long a state is waited for that an operation needs, such as that a call is over. */
const STATE_MS = 30_000;
/** A limit that ends later is taken for an answer: it bounds the guessing of passwords. */
const LONGEST_WAIT_S = 70;

/** An operation that has worked, and the choices that it was made of. */
export interface Success {
  readonly field: RootField;
  readonly values: Values;
  readonly picks: ReadonlyMap<Slot, number>;
  /** What the field itself was answered with. */
  readonly data: unknown;
}

/** How a field is tried. */
interface Means {
  /** What some of its arguments have to be, by path. */
  readonly fixed?: Readonly<Record<string, unknown>>;
  /** Whether optional arguments are sent too. */
  readonly isFull?: boolean;
  /** How long a state is waited for that it needs. */
  readonly stateMs?: number;
}

/** Why an operation has never worked. */
export interface Failure {
  readonly field: RootField;
  readonly reason: string;
}

export const hasWorked = (outcome: Success | Failure): outcome is Success => 'values' in outcome;

/** Makes operations work for those who may use them: by trial, and from what the server says is wrong. */
export class Treatment {
  /** Edges of objects that an owner has been shown. */
  readonly seen = new Set<string>();
  /** Arguments that were sent. */
  readonly sent = new Set<string>();
  /** How many operations were sent. */
  count = 0;
  private readonly depths = new Map<string, number>();

  constructor(private readonly schema: GraphQLSchema) {}

  operationOf(field: RootField, values: Values, reach: Partial<Reach> = {}): Operation {
    for (const { path } of values.keys()) this.sent.add(`${nameOf(field)}(${path})`);
    const ids = [...values].flatMap(([{ naming }, value]) =>
      naming === 'id' ? [typeOf(String(value)) ?? ''] : [],
    );
    const depth = this.depths.get(field.name) ?? 8;
    return {
      query: documentOf(this.schema, field, { depth, only: ids[0] ?? '', ...reach }),
      variables: assemble(field, values),
    };
  }

  /** Sends an operation, again when the server asks for patience. */
  async send(door: Door, operation: Operation, seat: Seat, patienceMs = PATIENCE_MS): Promise<Answer> {
    for (;;) {
      this.count += 1;
      const answer = await door.send(operation, seat, patienceMs);
      const limit = answer.errors?.find(({ extensions }) => extensions?.code === 'RATE_LIMITED');
      const seconds = limit?.extensions?.retryAfterSeconds ?? 1;
      if (!limit || seconds > LONGEST_WAIT_S) return answer;
      await sleep(seconds * 1000);
    }
  }

  /** Notes what an answer shows to somebody of what is his. */
  learn(field: RootField, { data }: Answer, { side }: Seat): void {
    noteEdges(data, this.seen);
    side.belongings.learn(field.name, data);
  }

  /** The values that were picked, of another tenant's own; what names something is left out unless it has to be there. */
  valuesOf({ field, picks }: Success, side: Side): Values {
    return valuesFrom(
      [...picks].filter(([slot]) => slot.naming === null || slot.isRequired),
      slot => choicesFor(slot, field, side),
    );
  }

  /**
   * Tries a root field as its owner would use it, until it works.
   */
  async succeed(
    field: RootField,
    door: Door,
    seat: Seat,
    { fixed = {}, isFull = false, stateMs = STATE_MS }: Means = {},
  ): Promise<Success | Failure> {
    const slots = slotsOf(field.field.args);
    const choices = new Map(
      slots.map(slot => [slot, slot.path in fixed ? [fixed[slot.path]] : choicesFor(slot, field, seat.side)]),
    );
    const isWanted = (slot: Slot) =>
      slot.isRequired ||
      slot.path in fixed ||
      (isFull && (slot.naming === null || slot.naming === 'subdomain')) ||
      isStart(field, slot);
    const picks = new Map(slots.filter(isWanted).map(slot => [slot, 0]));
    const deadline = Date.now() + stateMs;
    let reason = 'nothing came back';
    for (let tries = 0; tries < MOST_TRIES && Date.now() < deadline; tries += 1) {
      const values = valuesFrom(picks, slot => choices.get(slot) ?? []);
      const answer = await this.send(door, this.operationOf(field, values), seat);
      const data = answer.data?.[field.name];
      if (!answer.errors && data !== undefined && (data !== null || field.type === 'Subscription')) {
        this.learn(field, answer, seat);
        return { field, values, picks, data };
      }
      const [error] = answer.errors ?? [];
      if (error) reason = `${error.extensions?.code ?? ''} ${error.message}`;
      else if (data === null) reason = 'it is always null';
      if (!(await this.amend(field, error, picks, choices))) break;
    }
    return { field, reason };
  }

  /** Changes what the server found wrong. Returns whether another try may work. */
  private async amend(
    field: RootField,
    error: AnswerError | undefined,
    picks: Map<Slot, number>,
    choices: ReadonlyMap<Slot, readonly unknown[]>,
  ): Promise<boolean> {
    const passOver = (slot: Slot): boolean => {
      const next = (picks.get(slot) ?? 0) + 1;
      const isLeft = next < (choices.get(slot)?.length ?? 0);
      if (isLeft) picks.set(slot, next);
      else if (!slot.isRequired) picks.delete(slot);
      return isLeft || !slot.isRequired;
    };
    switch (error?.extensions?.code ?? '') {
      case 'QUERY_TOO_COMPLEX': {
        const depth = (this.depths.get(field.name) ?? 8) - 1;
        this.depths.set(field.name, depth);
        return depth > 0;
      }
      case 'CONFLICT':
      case 'PROVIDER_UNAVAILABLE':
        // The state that it needs may still be to come.
        await sleep(250);
        return true;
      case 'BAD_USER_INPUT': {
        const wrong = Object.keys(error?.extensions?.fields ?? {});
        const named = [...picks.keys()].filter(({ path }) =>
          wrong.some(name => `${name}.`.startsWith(`${path}.`)),
        );
        return named.map(passOver).some(Boolean);
      }
      default:
        // Perhaps the id of something else.
        return [...picks.keys()]
          .filter(({ naming }) => naming === 'id')
          .map(passOver)
          .some(Boolean);
    }
  }
}

/** A subscription is asked for from the beginning on, so that something comes. */
const isStart = ({ type }: RootField, { path }: Slot): boolean => type === 'Subscription' && path === 'after';

function valuesFrom(
  picks: Iterable<readonly [Slot, number]>,
  choicesOf: (slot: Slot) => readonly unknown[],
): Values {
  return new Map(
    [...picks].flatMap(([slot, pick]) => {
      const value = choicesOf(slot)[pick];
      return value === undefined ? [] : [[slot, value] as const];
    }),
  );
}
