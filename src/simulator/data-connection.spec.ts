import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Fault } from './faults.js';
import { SpecClient, untilTrue, type CallJson, type MessageJson } from './spec-kit.js';
import { startSimulator, type Simulator } from './start-simulator.js';

const SECRET = 'a shared secret of some length';

interface Frame {
  readonly type: string;
  readonly ordinal?: number;
  readonly text?: string | null;
  readonly delta?: string | null;
  readonly final?: boolean;
  readonly timestamp?: number;
}

interface Session {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  readonly frames: Frame[];
  closed: boolean;
}

describe('The data connection of a call', () => {
  let simulator: Simulator;
  let client: SpecClient;
  let server: WebSocketServer;
  const sessions: Session[] = [];

  beforeAll(async () => {
    server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    server.on('connection', (socket, request) => {
      const session: Session = { socket, request, frames: [], closed: false };
      socket.on('message', data =>
        session.frames.push(JSON.parse((data as Buffer).toString('utf8')) as Frame),
      );
      socket.on('close', () => (session.closed = true));
      sessions.push(session);
    });
    await once(server, 'listening');
    simulator = await startSimulator({
      speed: 5,
      faults: [
        { kind: 'conversation', seconds: 15, metadata: { key: 'talks' } },
        { kind: 'conversation', seconds: 600, metadata: { key: 'talks long' } },
      ],
    });
    client = new SpecClient(simulator.url);
  });

  afterAll(async () => {
    await simulator.stop();
    server.close();
  });

  const open = (metadata: Record<string, string> = {}): Promise<CallJson> =>
    client.create({
      metadata,
      initialState: { name: 'Ana' },
      sharedSecrets: [SECRET],
      dataConnection: {
        websocketUrl: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/live`,
        headers: { Authorization: 'Bearer of call' },
      },
    });

  const session = async (callId: string): Promise<Session> => {
    const own = (): Session | undefined => sessions.find(({ request }) => idOf(request) === callId);
    await untilTrue(() => own() !== undefined);
    return own() ?? Promise.reject(new Error('no session'));
  };
  const idOf = (request: IncomingMessage): unknown => request.headers['x-ultravox-call-id'];

  it('is dialled with the given headers and a signature', async () => {
    const { callId } = await open();
    const { headers } = (await session(callId)).request;
    const timestamp = String(headers['x-ultravox-signature-timestamp']);
    expect(headers.authorization).toBe('Bearer of call');
    expect(headers['x-ultravox-signature']).toBe(
      createHmac('sha256', SECRET)
        .update(callId + timestamp)
        .digest('hex'),
    );
  });

  it('carries a transcript that ends up as the messages do', async () => {
    const { callId } = await open({ talks: 'yes' });
    const { frames, socket } = await session(callId);
    socket.send(JSON.stringify({ type: 'user_text_message', text: 'Please write' }));
    await untilTrue(() => sessions.some(({ request, closed }) => idOf(request) === callId && closed));
    expect(frames[0]).toEqual({ type: 'call_started', callId });
    const texts = new Map<number, string>();
    for (const { type, ordinal = -1, text, delta } of frames) {
      if (type === 'transcript') texts.set(ordinal, text ?? (texts.get(ordinal) ?? '') + (delta ?? ''));
    }
    const messages = await client.messages(callId);
    expect([...texts]).toEqual(
      messages.map(({ callStageMessageIndex, text }) => [callStageMessageIndex, text]),
    );
    expect(messages.map(({ text }) => text)).toContain('Please write');
    expect(frames.filter(({ final }) => final)).toHaveLength(messages.length);
  });

  it('answers a ping, and hangs up when told to', async () => {
    const { callId } = await open({ 'talks long': 'yes' });
    const { frames, socket } = await session(callId);
    socket.send('no JSON');
    socket.send(JSON.stringify({ type: 'ping', timestamp: 12.5 }));
    await untilTrue(() => frames.some(({ type, timestamp }) => type === 'pong' && timestamp === 12.5));
    socket.send(JSON.stringify({ type: 'hang_up' }));
    expect(await client.when(callId, call => call.ended !== null)).toMatchObject({ endReason: 'hangup' });
  });

  it('does not come, or breaks and does not come back, when a fault says so, and the call goes on', async () => {
    const faults: Fault[] = [{ kind: 'data-refused', times: 1 }];
    await client.send('POST', '/simulator/faults', faults);
    const refused = await open();
    await client.send('POST', '/simulator/faults', { kind: 'data-cut', afterMs: 1000, times: 1 });
    const cut = await open();
    expect(await client.when(cut.callId, ({ ended }) => ended !== null)).toMatchObject({
      endReason: 'hangup',
    });
    await client.when(refused.callId, ({ ended }) => ended !== null);
    const own = sessions.filter(({ request }) => idOf(request) === cut.callId);
    expect(own).toHaveLength(1);
    expect(own[0]?.closed).toBe(true);
    expect(own[0]?.frames.filter(({ final }) => final).length).toBeLessThan(4);
    expect(sessions.some(({ request }) => idOf(request) === refused.callId)).toBe(false);
  });

  /** What a call with some faults has told by its end, and its messages. */
  const told = async (...faults: Fault[]): Promise<{ frames: Frame[]; messages: MessageJson[] }> => {
    await client.arm(...faults.map(fault => ({ ...fault, times: 1 })));
    const { callId } = await open();
    const { frames } = await session(callId);
    await untilTrue(() => sessions.some(({ request, closed }) => idOf(request) === callId && closed));
    return { frames, messages: await client.messages(callId) };
  };
  const transcripts = (frames: Frame[], ordinal?: number): Frame[] =>
    frames.filter(frame => frame.type === 'transcript' && (ordinal ?? frame.ordinal) === frame.ordinal);

  it('ends an utterance with null, or with its whole text, and sends types that nobody knows', async () => {
    const usual = await told({ kind: 'data-unknown-types' });
    expect(usual.frames.map(({ type }) => type)).toContain('simulator_weather');
    const last = transcripts(usual.frames, 0).at(-1);
    expect(last).toMatchObject({ final: true, text: null, delta: null });
    const whole = await told({ kind: 'data-final-text' });
    const { text } = transcripts(whole.frames, 0).at(-1) ?? {};
    expect(text).toBe(whole.messages[0]?.text);
  });

  it('leaves ordinals out, and sends unfinished transcripts of the user', async () => {
    const { frames, messages } = await told({ kind: 'data-ordinal-gaps' }, { kind: 'data-user-partials' });
    const ordinals = [...new Set(transcripts(frames).map(({ ordinal }) => ordinal))];
    expect(ordinals).toEqual(messages.map((_message, index) => index * 3));
    const ofUser = messages.findIndex(({ role }) => role === 'MESSAGE_ROLE_USER');
    expect(transcripts(frames, ofUser * 3).map(({ final }) => final)).toEqual([false, true]);
  });

  it('has told more than the messages keep of an utterance that is interrupted', async () => {
    const { frames, messages } = await told({ kind: 'interruption', utterance: 1 });
    const live = transcripts(frames, 0).reduce((text, { delta }) => text + (delta ?? ''), '');
    const kept = messages[0]?.text ?? '';
    expect(live.startsWith(kept)).toBe(true);
    expect(live.trim().length).toBeGreaterThan(kept.length);
  });
});
