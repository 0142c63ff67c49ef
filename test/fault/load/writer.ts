import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../random.js';
import type { Api } from './api.js';
import type { Journal } from './journal.js';

/** The mutation that makes a call. */
export const CREATE_CALL = 'mutation ($input: CreateCallInput!) { createCall(input: $input) { id status } }';
const END = 'mutation ($id: ID!) { endCall(id: $id) { id status } }';
const SAY = 'mutation ($input: SendCallMessageInput!) { sendCallMessage(input: $input) { id } }';
const RENAME = 'mutation ($input: UpdateAgentInput!) { updateAgent(input: $input) { id name version } }';
const AGENT = 'mutation ($input: CreateAgentInput!) { createAgent(input: $input) { id } }';

/** The input of a call of one row; the same for the same key. */
export const callInput = (row: string, key: string) => ({
  input: {
    systemPrompt: 'Greet {{name}}.',
    variables: { name: 'Zaphod' },
    metadata: { row },
    idempotencyKey: key,
  },
});

/** Makes a call, whatever it takes, and notes it. Returns its public id; null when it was given up. */
export async function makeCall(
  api: Api,
  journal: Journal,
  key: string,
  row = journal.current.id,
  url = api.url,
): Promise<string | null> {
  const data = await api.untilDone(CREATE_CALL, callInput(row, key), url);
  if (!data) return null;
  const id = String(data.createCall.id);
  journal.called(row, key, id);
  return id;
}

/** One client that makes calls, speaks into them, ends some, and changes its agent, until it is stopped. */
export class Writer {
  private isStopping = false;
  private count = 0;
  private running: Promise<void> | null = null;

  constructor(
    private readonly name: string,
    private readonly api: Api,
    private readonly journal: Journal,
    private readonly random: Random,
  ) {}

  start(): void {
    this.isStopping = false;
    this.running ??= this.run().finally(() => (this.running = null));
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    await this.running;
  }

  private async run(): Promise<void> {
    const made = await this.api.untilDone(AGENT, { input: { name: this.name, systemPrompt: 'Hello.' } });
    const agentId = String(made?.createAgent.id);
    while (!this.isStopping) {
      await this.round(agentId).catch((error: unknown) => {
        this.journal.violation(`A writer failed: ${String(error)}`);
      });
      await sleep(this.random.between(400, 1000));
    }
  }

  private async round(agentId: string): Promise<void> {
    const { random, journal, api } = this;
    this.count += 1;
    const row = journal.current.id;
    const key = `${this.name}-${this.count}`;
    const [again, says, ends, renames] = [0.25, 0.5, 0.25, 0.5].map(share => random.chance(share));
    const callId = await makeCall(api, journal, key, row);
    if (callId === null) return;
    if (again) await Promise.all([makeCall(api, journal, key, row), makeCall(api, journal, key, row)]);
    if (renames) await this.rename(agentId, row);
    await sleep(random.between(200, 500));
    if (says) await this.say(callId, row);
    if (ends && (await api.untilDone(END, { id: callId }))) journal.endedCalls.set(callId, row);
  }

  private async rename(agentId: string, row: string): Promise<void> {
    const name = `${this.name} ${this.count}`;
    const done = await this.api.untilDone(RENAME, { input: { id: agentId, name } });
    if (done) this.journal.agentNames.set(name, { agentId, row });
  }

  /** Sent once only: without a key, a second time would be said twice. */
  private async say(callId: string, row: string): Promise<void> {
    const text = `Message ${this.count} of ${this.name}.`;
    const outcome = await this.api.once(SAY, { input: { callId, kind: 'USER_TEXT', text } });
    if (outcome.kind === 'done') {
      this.journal.acknowledged(0);
      this.journal.messages.set(text, { callId, row });
    }
  }
}
