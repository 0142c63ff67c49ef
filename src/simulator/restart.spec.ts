import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SpecClient, SpecReceiver, untilTrue } from './spec-kit.js';
import { startSimulator } from './start-simulator.js';

describe('A simulator with a state directory', () => {
  let stateDir: string;
  let receiver: SpecReceiver;

  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'simulator-'));
    receiver = await SpecReceiver.start('secret');
  });
  afterEach(async () => {
    await receiver.stop();
    await rm(stateDir, { recursive: true });
  });

  it('goes on with its calls after a restart and repeats no webhook that was acknowledged', async () => {
    const first = await startSimulator({ stateDir, speed: 5, script: { seconds: 15 } });
    const before = new SpecClient(first.url);
    const { callId } = await before.create({
      initialState: { name: 'Ana' },
      metadata: { request: 'r1' },
      callbacks: receiver.callbacks(),
    });
    await untilTrue(() => receiver.received.length === 1);
    await before.send('POST', `/api/calls/${callId}/send_data_message`, {
      type: 'user_text_message',
      text: 'Hi',
    });
    await first.stop();

    const second = await startSimulator({ stateDir, speed: 1 });
    const after = new SpecClient(second.url);
    await untilTrue(() => receiver.events().includes('call.billed'));
    expect(receiver.events().sort()).toEqual(['call.billed', 'call.ended', 'call.joined']);
    expect((await after.messages(callId)).map(({ text }) => text)).toContain('Hi');
    expect(await after.get('/api/calls?metadata.request=r1')).toMatchObject({ total: 1 });
    await second.stop();
  });

  it('goes on with the retries of a webhook where it stopped', async () => {
    const webhookRetry = { firstDelayMs: 10 };
    receiver.statuses['call.joined'] = [500, 500];
    const first = await startSimulator({ stateDir, speed: 20, webhookRetry: { firstDelayMs: 3_600_000 } });
    const { joined } = receiver.callbacks();
    await new SpecClient(first.url).create({ callbacks: { joined } });
    await untilTrue(() => receiver.received.length === 1);
    await first.stop();
    const second = await startSimulator({ stateDir, webhookRetry });
    await untilTrue(() => receiver.received.length === 3);
    expect(receiver.received.every(({ valid }) => valid)).toBe(true);
    await second.stop();
  });

  it('keeps deletions, and survives half a line at the end of its journal', async () => {
    const first = await startSimulator({ stateDir });
    const before = new SpecClient(first.url);
    const gone = await before.create({});
    const kept = await before.create({});
    await before.send('DELETE', `/api/calls/${gone.callId}`);
    await first.stop();
    const [file = ''] = await readdir(stateDir);
    await appendFile(join(stateDir, file), '{"kind":"created","call":{"ca');

    const second = await startSimulator({ stateDir });
    const added = await new SpecClient(second.url).create({});
    await second.stop();
    const third = await startSimulator({ stateDir });
    const after = new SpecClient(third.url);
    expect((await after.send('GET', `/api/calls/${gone.callId}`)).status).toBe(404);
    expect(await after.call(kept.callId)).toMatchObject({ callId: kept.callId });
    expect(await after.call(added.callId)).toMatchObject({ callId: added.callId });
    await third.stop();
  });
});
