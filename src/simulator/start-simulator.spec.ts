import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SpecClient, SpecReceiver, untilTrue, type CallJson } from './spec-kit.js';
import { startSimulator, type Simulator } from './start-simulator.js';

describe('A simulated call', () => {
  let simulator: Simulator;
  let receiver: SpecReceiver;
  let client: SpecClient;
  let created: CallJson;
  const values = ['Ana López', '4711', 'Table', 'Chair', 'true', '„Straße 7“'];

  beforeAll(async () => {
    receiver = await SpecReceiver.start('first secret');
    simulator = await startSimulator({
      speed: 10,
      webhooks: [{ url: receiver.url, secrets: [receiver.secret], events: ['call.started'] }],
    });
    client = new SpecClient(simulator.url);
    created = await client.create({
      systemPrompt: 'You are Maya from the dental clinic. You confirm each appointment.',
      initialState: {
        customerName: 'Ana López',
        order: { id: 4711, items: ['Table', 'Chair'] },
        isMember: true,
        street: '„Straße 7“',
      },
      recordingEnabled: true,
      callbacks: receiver.callbacks(receiver.secret, 'second secret'),
    });
    await untilTrue(() => receiver.received.length === 4);
  });

  afterAll(async () => {
    await simulator.stop();
    await receiver.stop();
  });

  it('is created unjoined, with every required key of the contract', () => {
    expect(created).toMatchObject({
      clientVersion: null,
      joined: null,
      ended: null,
      endReason: null,
      billedDuration: null,
      billedSideInputTokens: null,
      billedSideOutputTokens: null,
      billingStatus: 'BILLING_STATUS_PENDING',
      firstSpeaker: 'FIRST_SPEAKER_AGENT',
      firstSpeakerSettings: { agent: {} },
      initialOutputMedium: 'MESSAGE_MEDIUM_VOICE',
      joinUrl: expect.stringMatching(/^ws:/),
      shortSummary: null,
      summary: null,
      agent: { agentId: expect.any(String), name: '' },
      agentId: null,
      experimentalSettings: null,
      metadata: {},
      requestContext: {},
      sipDetails: null,
      joinTimeout: '30s',
      maxDuration: '3600s',
    });
  });

  it('reports each event once, with a signature for each secret', () => {
    expect(receiver.events().sort()).toEqual(['call.billed', 'call.ended', 'call.joined', 'call.started']);
    for (const { valid, event, signatures } of receiver.received) {
      expect(valid).toBe(true);
      expect(signatures).toHaveLength(event === 'call.started' ? 1 : 2);
    }
  });

  it('shows in each webhook the call as it was at the event', () => {
    const at = (event: string) => receiver.received.find(webhook => webhook.event === event)?.call;
    expect(at('call.started')).toMatchObject({ joined: null });
    expect(at('call.joined')).toMatchObject({ joined: expect.any(String), ended: null });
    expect(at('call.ended')).toMatchObject({ ended: expect.any(String), endReason: 'hangup', summary: null });
    expect(at('call.billed')).toMatchObject({ summary: expect.any(String), billedDuration: '6s' });
  });

  it('has an end, summaries and a bill afterwards', async () => {
    expect(await client.call(created.callId)).toMatchObject({
      endReason: 'hangup',
      summary: expect.stringContaining('caller’s appointment'),
      shortSummary: expect.any(String),
      billingStatus: 'BILLING_STATUS_BILLED',
      billedDuration: '6s',
    });
  });

  it('says the value of each variable in some utterance', async () => {
    const texts = (await client.messages(created.callId)).map(({ text }) => text);
    for (const value of values) expect(texts).toContainEqual(expect.stringContaining(value));
  });

  it('has a recording at an address that needs no key, as long as the call', async () => {
    const response = await client.send('GET', `/api/calls/${created.callId}/recording`);
    expect(response.status).toBe(302);
    const media = await fetch(String(response.headers.get('location')));
    expect(media.headers.get('content-type')).toBe('audio/wav');
    const wav = Buffer.from(await media.arrayBuffer());
    const seconds = wav.readUInt32LE(40) / wav.readUInt32LE(28);
    const { joined, ended } = await client.call(created.callId);
    expect(seconds).toBeCloseTo((Date.parse(String(ended)) - Date.parse(String(joined))) / 1000, 3);
    const last = (await client.messages(created.callId)).at(-1)?.timespan.end ?? '';
    expect(Math.abs(seconds - Number.parseFloat(last))).toBeLessThan(0.5);
    expect(wav.length).toBe(44 + wav.readUInt32LE(40));
  });
});
