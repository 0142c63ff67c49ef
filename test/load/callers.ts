import { setTimeout as sleep } from 'node:timers/promises';
import { mongo } from 'mongoose';
import { Random } from '../fault/random.js';
import type { Loose } from '../kit/client.js';
import type { LoadTenant } from './tenants.js';

const CREATE = 'mutation ($input: CreateCallInput!) { createCall(input: $input) { id } }';
/** Conversations of the file, and one that the simulator makes up. */
const SCRIPTS = ['order', 'impatient', 'passed on', 'brief', 'none', 'none', 'none'];
const NAMES = ['Ana', 'Björn', '千尋', 'Zoë', 'Omar'];
const LOOK_EVERY_MS = 250;
const TELL_EVERY_MS = 15_000;

/** What calling has come to. */
export interface CallingResult {
  /** Calls that were accepted, by their public ids. */
  readonly ids: ReadonlySet<string>;
  /** Why requests had no answer or a refusal, and were sent again with the same key: how often each. */
  readonly repeated: ReadonlyMap<string, number>;
  readonly seconds: number;
}

/** What a run of callers needs. */
export interface CallingPlan {
  readonly tenants: readonly LoadTenant[];
  readonly calls: number;
  readonly atOnce: number;
  readonly seed: number;
  readonly mongodbUri: string;
  readonly say: (line: string) => void;
}

/** Makes calls for all tenants in turn, never more at a time than wanted, and waits until each is over. */
export async function callAll(plan: CallingPlan): Promise<CallingResult> {
  const startedAt = performance.now();
  const random = new Random(plan.seed);
  const inputs = Array.from({ length: plan.calls }, (_, index) => inputOf(index, plan.seed, random));
  const ids = new Set<string>();
  const watch = new OpenCalls(plan.mongodbUri);
  let next = 0;
  const repeated = new Map<string, number>();
  const telling = setInterval(() => {
    plan.say(`   ${ids.size} of ${plan.calls} calls made, ${watch.size} not over`);
  }, TELL_EVERY_MS);
  const caller = async () => {
    for (let index = next; index < plan.calls; index = next) {
      next += 1;
      const tenant = plan.tenants[index % plan.tenants.length];
      if (!tenant) throw new Error('There is no tenant');
      for (;;) {
        const outcome: Loose = await tenant.client
          .send(CREATE, { input: inputs[index] })
          .catch((error: unknown) => ({ errors: [error] }));
        const id = outcome.data?.createCall?.id as string | undefined;
        if (id !== undefined) {
          ids.add(id);
          await watch.untilOver(id);
          break;
        }
        const [error] = outcome.errors as { message: string; extensions?: { code?: string } }[];
        if (error?.extensions?.code === 'BAD_USER_INPUT') throw new Error(error.message);
        const reason = error?.extensions?.code ?? error?.message ?? 'no answer';
        repeated.set(reason, (repeated.get(reason) ?? 0) + 1);
        await sleep(500);
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: plan.atOnce }, caller));
  } finally {
    clearInterval(telling);
    await watch.close();
  }
  return { ids, repeated, seconds: Math.round((performance.now() - startedAt) / 1000) };
}

function inputOf(index: number, seed: number, random: Random) {
  const script = random.pick(SCRIPTS);
  return {
    systemPrompt: 'You are Maya from the clinic. You confirm the appointment of {{name}}.',
    variables: { name: random.pick(NAMES), order: { id: 4711 + index } },
    metadata: { run: String(seed), number: String(index), script },
    idempotencyKey: `load-${seed}-${index}`,
    maxQueueSeconds: 3600,
  };
}

/** Looks for all callers at once whose calls are over. */
class OpenCalls {
  private readonly waiting = new Map<string, () => void>();
  private readonly client: mongo.MongoClient;
  private readonly looking: NodeJS.Timeout;

  constructor(uri: string) {
    this.client = new mongo.MongoClient(uri);
    this.looking = setInterval(() => void this.look().catch(() => undefined), LOOK_EVERY_MS);
  }

  get size(): number {
    return this.waiting.size;
  }

  untilOver(id: string): Promise<void> {
    return new Promise(resolve => this.waiting.set(id, resolve));
  }

  async close(): Promise<void> {
    clearInterval(this.looking);
    await this.client.close();
  }

  private async look(): Promise<void> {
    const _id = { $in: [...this.waiting.keys()].map(id => new mongo.ObjectId(id.replace('call_', ''))) };
    const status = { $in: ['COMPLETED', 'FAILED', 'ENDED'] };
    const over = this.client
      .db()
      .collection('calls')
      .find({ _id, status }, { projection: { _id: 1 } });
    for (const call of await over.toArray()) {
      const id = `call_${call._id.toHexString()}`;
      this.waiting.get(id)?.();
      this.waiting.delete(id);
    }
  }
}
