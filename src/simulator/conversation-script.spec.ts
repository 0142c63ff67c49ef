import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConversations, readFaults } from './read-files.js';
import { SpecClient } from './spec-kit.js';
import { startSimulator, type Simulator } from './start-simulator.js';

const ORDER = `
name: order
when: { topic: cakes }
joinsAfter: 2s
turns:
  - agent: Hello {{name}}, your order {{order.id}} of {{missing}}?
    lasts: 2s
    interruptedAfter: 1s
  - user: Two cakes.
    pause: 0.5s
    lasts: 1s
  - tool: placeOrder
    arguments: { item: cake }
    result: { ok: true }
    lasts: 0.3s
  - stage: { systemPrompt: You say goodbye. }
  - agent: Goodbye.
    lasts: 1s
end: agent_hangup
summary: Two cakes were ordered.
faults:
  - { kind: billing-late, delayMs: 60000 }
`;
const USUAL = '[{ "name": "usual", "default": true, "turns": [{ "user": "Wrong number." }] }]';

describe('Conversations from files', () => {
  let folder: string;
  let simulator: Simulator;
  let client: SpecClient;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'scripts-'));
    await writeFile(join(folder, 'order.yaml'), ORDER);
    await writeFile(join(folder, 'usual.json'), USUAL);
    await writeFile(join(folder, 'notes.txt'), 'not a script');
    simulator = await startSimulator({ conversations: await readConversations([folder]) });
    client = new SpecClient(simulator.url);
  });
  afterAll(async () => {
    await simulator.stop();
    await rm(folder, { recursive: true });
  });

  it('are chosen by name, by metadata, or by default', async () => {
    const texts = async (metadata: object): Promise<string[]> => {
      const { callId } = await client.create({ metadata });
      await client.pass(60);
      return (await client.messages(callId)).map(({ text }) => text);
    };
    expect(await texts({ script: 'order' })).toContain('Two cakes.');
    expect(await texts({ topic: 'cakes' })).toContain('Two cakes.');
    expect(await texts({ topic: 'bread' })).toEqual(['Wrong number.']);
  });

  it('go as they are written: times, an interruption, a tool, a stage, the end and the summary', async () => {
    const { callId } = await client.create({
      metadata: { script: 'order' },
      initialState: { name: 'Ana', order: { id: 4711 } },
    });
    await client.pass(30);
    const call = await client.call(callId);
    expect(call).toMatchObject({ endReason: 'agent_hangup', summary: 'Two cakes were ordered.' });
    expect(call.billingStatus).toBe('BILLING_STATUS_PENDING');
    expect(Date.parse(String(call.joined)) - Date.parse(call.created)).toBe(2000);
    const messages = await client.messages(callId);
    expect(messages.map(({ role }) => role.replace('MESSAGE_ROLE_', ''))).toEqual([
      'AGENT',
      'USER',
      'TOOL_CALL',
      'TOOL_RESULT',
      'AGENT',
    ]);
    const [hello, cakes, ask, answer, bye] = messages;
    const whole = 'Hello Ana, your order 4711 of {{missing}}?';
    expect(whole.startsWith(hello?.text ?? 'none')).toBe(true);
    expect(hello?.text.length).toBeLessThan(whole.length);
    const seconds = (duration = ''): number => Number.parseFloat(duration);
    expect(seconds(hello?.timespan.end) - seconds(hello?.timespan.start)).toBeCloseTo(1);
    expect(seconds(cakes?.timespan.start) - seconds(hello?.timespan.end)).toBeCloseTo(0.5);
    expect([ask?.toolName, ask?.text, answer?.text]).toEqual([
      'placeOrder',
      '{"item":"cake"}',
      '{"ok":true}',
    ]);
    expect(bye?.callStageId).not.toBe(hello?.callStageId);
    const tools = await client.get<{ name: string }[]>(`/api/calls/${callId}/tools`);
    expect(tools.map(({ name }) => name)).toEqual(['placeOrder']);
  });

  it('say what is wrong in them, and where', async () => {
    const bad = join(folder, 'bad.yml');
    await writeFile(bad, 'name: x\nturns: [{ agent: "Hi", lasts: 3 }]\n');
    await expect(readConversations([bad])).rejects.toThrow(/bad\.yml[^]*turns/);
    await writeFile(bad, USUAL);
    await expect(readConversations([folder])).rejects.toThrow('Two conversations have the name "usual".');
    await writeFile(bad, '- kind: create-error\n  status: 503\n');
    expect(await readFaults(bad)).toEqual([{ kind: 'create-error', status: 503 }]);
    await writeFile(bad, '- kind: unheard-of\n');
    await expect(readFaults(bad)).rejects.toThrow(/bad\.yml/);
  });
});
