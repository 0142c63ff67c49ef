import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TcpProxy } from '../fault/ground/tcp-proxy.js';
import type { Client, Loose } from '../kit/client.js';
import { seedTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const EVERY_MINUTES = 60;
const OUTAGE_HOURS = { from: 6, until: 10 };
const BILLED_AFTER_MS = 3 * HOUR_MS;
/** What falls due within so much of a step of time is done with it. */
const GRAIN_MS = 15_000;

const CALLS = `query {
  calls(first: 50) { nodes {
    id providerCallId status endReason summary billedSeconds createdAt transcript { nodes { text } }
  } }
}`;

describe('A day of calls in virtual time', () => {
  let server: TestServer;
  let client: Client;
  let door: TcpProxy;

  beforeAll(async () => {
    door = await TcpProxy.to(() => Number(new URL(server.url).port));
    server = await startTestServer({
      env: { VIRTUAL_TIME: 'true', PUBLIC_URL: `http://127.0.0.1:${door.port}` },
      simulator: { speed: 1, script: { seconds: 10, billingDelayMs: BILLED_AFTER_MS } },
    });
    ({ client } = (await seedTenant(server)).admin);
  });
  afterAll(async () => {
    await server.stop();
    door.close();
  });

  /** Lets time pass, and returns how it is then. */
  const pass = async (ms: number): Promise<Loose> => {
    const body = JSON.stringify({ by: `${ms / 1000}s`, grain: `${GRAIN_MS / 1000}s` });
    const response = await fetch(`${server.simulator.url}/simulator/clock`, { method: 'POST', body });
    return response.json();
  };

  it('ends with every call settled and billed, though the provider could not reach the server for hours', async () => {
    const startedAt = Date.now();
    const ids: string[] = [];
    for (let minute = 0; minute < 24 * 60; minute += EVERY_MINUTES) {
      if (minute === OUTAGE_HOURS.from * 60) door.set({ kind: 'reset' });
      if (minute === OUTAGE_HOURS.until * 60) door.heal();
      ids.push((await startCall(client, { recordingEnabled: minute % 240 === 0 })).id);
      await pass(EVERY_MINUTES * MINUTE_MS);
    }
    const { now, offsetMs, followers } = await pass(9 * HOUR_MS);
    expect(followers).toBe(1);
    expect(offsetMs).toBeGreaterThan(32 * HOUR_MS);
    expect(Date.parse(now) - startedAt).toBeGreaterThanOrEqual(33 * HOUR_MS);

    const calls: Loose[] = (await client.data(CALLS)).calls.nodes;
    expect(calls.map(({ id }) => id as string).sort()).toEqual(ids.sort());
    const told = await fetch(`${server.simulator.url}/simulator/calls`);
    const simulated = new Map<string, Loose>(
      ((await told.json()) as Loose).calls.map((one: Loose) => [one.call.callId, one]),
    );
    expect(simulated.size).toBe(calls.length);
    const tries: number[] = [];
    for (const call of calls) {
      const { call: theirs, timeline, attempts } = simulated.get(call.providerCallId as string);
      expect(call).toMatchObject({ status: 'COMPLETED', endReason: 'HANGUP', summary: theirs.summary });
      expect(`${call.billedSeconds}s`).toBe(theirs.billedDuration);
      expect(call.transcript.nodes.map(({ text }: Loose) => text)).toEqual(
        timeline.items.map(({ text }: Loose) => text),
      );
      for (const event of ['call.joined', 'call.ended', 'call.billed']) {
        const own: Loose[] = attempts.filter((attempt: Loose) => attempt.event === event);
        expect(own.at(-1)?.status).toBe(204);
        tries.push(own.length);
        own.slice(1).forEach(({ at }, index) => {
          const late = at - own[index].at - 30_000 * 2 ** index;
          expect(late).toBeGreaterThanOrEqual(0);
          expect(late).toBeLessThan(2 * GRAIN_MS);
        });
      }
    }
    // Four hours without an answer are nine tries, the last of them 4 h 15 min after the first.
    expect(Math.max(...tries)).toBe(10);
    const { createdAt } = calls.at(0);
    expect(Date.parse(createdAt) - startedAt).toBeGreaterThan(23 * HOUR_MS);
  }, 300_000);
});
