import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { SpecClient, until, untilTrue } from './spec-kit.js';
import { startSimulator, type Simulator } from './start-simulator.js';
import { Clock } from './clock.js';

const HOUR_MS = 3_600_000;

describe('The clock of the simulator', () => {
  it('rings what a jump makes due, in order, and what was called off not at all', () => {
    const clock = new Clock();
    const rung: string[] = [];
    const start = clock.now();
    clock.at(start + 2 * HOUR_MS, () => rung.push('second'));
    clock.at(start + HOUR_MS, () => rung.push('first'));
    clock.at(start + HOUR_MS, () => rung.push('called off'))();
    clock.at(start + 4 * HOUR_MS, () => rung.push('later'));
    clock.jump(3 * HOUR_MS);
    expect(rung).toEqual(['first', 'second']);
    expect(clock.now() - start).toBeGreaterThanOrEqual(3 * HOUR_MS);
    clock.jump(HOUR_MS);
    expect(clock.offsetMs).toBe(3 * HOUR_MS);
    clock.stop();
    clock.jump(9 * HOUR_MS);
    expect(rung).toHaveLength(2);
  });

  it('rings by itself when a moment comes', async () => {
    const clock = new Clock();
    let hasRung = false;
    clock.at(clock.now() + 20, () => (hasRung = true));
    await untilTrue(() => hasRung);
    expect(clock.next()).toBeNull();
  });
});

describe('Virtual time', () => {
  let simulator: Simulator;
  let client: SpecClient;
  const sockets: WebSocket[] = [];

  beforeEach(async () => {
    simulator = await startSimulator({ script: { billingDelayMs: 5 * HOUR_MS } });
    client = new SpecClient(simulator.url);
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.terminate();
    await simulator.stop();
  });

  const pass = async (by: string): Promise<{ offsetMs: number; steps: number }> =>
    (await (await client.send('POST', '/simulator/clock', { by })).json()) as {
      offsetMs: number;
      steps: number;
    };

  /** Follows the clock as a server does, busy for so many questions after each move. */
  const follow = (busyFor: number, offsets: number[]): WebSocket => {
    const socket = new WebSocket(`${simulator.url.replace('http', 'ws')}/simulator/clock`);
    let left = 0;
    socket.on('message', data => {
      const { id, offsetMs } = JSON.parse((data as Buffer).toString('utf8')) as {
        id: number;
        offsetMs?: number;
      };
      if (offsetMs !== undefined) {
        offsets.push(offsetMs);
        left = busyFor;
      }
      left -= 1;
      socket.send(JSON.stringify({ id, isBusy: left > 0, nextAt: null }));
    });
    sockets.push(socket);
    return socket;
  };

  it('lets a call live from its creation to its bill at once', async () => {
    const { callId } = await client.create({});
    const { offsetMs, steps } = await pass('21600s');
    expect(offsetMs).toBeGreaterThan(5 * HOUR_MS);
    expect(steps).toBeGreaterThan(2);
    const { created, billingStatus } = await client.call(callId);
    expect(billingStatus).toBe('BILLING_STATUS_BILLED');
    expect(Date.parse(created)).toBeLessThan(Date.now() + 10_000);
  });

  it('tells followers first, waits while one is busy, and forgets one that is gone', async () => {
    const offsets: number[] = [];
    const steady = follow(3, offsets);
    await client.create({});
    await until(async () => {
      const { followers } = await client.get<{ followers: number }>('/simulator/clock');
      return followers === 1 ? true : undefined;
    });
    const { offsetMs } = await pass('60s');
    expect(offsets[0]).toBe(0);
    expect(offsets.at(-1)).toBe(offsetMs);
    expect([...offsets].sort((a, b) => a - b)).toEqual(offsets);
    const hanging = follow(1_000_000, []);
    await until(async () => {
      const { followers } = await client.get<{ followers: number }>('/simulator/clock');
      return followers === 2 ? true : undefined;
    });
    const passing = pass('60s');
    hanging.terminate();
    expect((await passing).offsetMs).toBeGreaterThan(offsetMs);
    expect(steady.readyState).toBe(WebSocket.OPEN);
  });

  it('refuses times that are none, and strangers on the socket', async () => {
    for (const body of [{}, { by: 60 }, { by: '60' }, { by: '60s', grain: 'x' }]) {
      expect((await client.send('POST', '/simulator/clock', body)).status).toBe(400);
    }
    const socket = follow(0, []);
    socket.on('open', () => socket.send('no JSON'));
    await untilTrue(() => socket.readyState === WebSocket.CLOSED);
    const elsewhere = new WebSocket(`${simulator.url.replace('http', 'ws')}/elsewhere`);
    elsewhere.on('error', () => undefined);
    await untilTrue(() => elsewhere.readyState === WebSocket.CLOSED);
  });
});
