import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client, Loose } from '../kit/client.js';
import { operate } from '../kit/operate.js';
import { callWithStatus, seedTenant, type SeededTenant, startCall } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';
import { RECORDING, StandIn } from '../stand-in/provider.js';
import { LINES } from '../stand-in/stand-in-call.js';

const KEY = 'platform.0123456789abcdef0123456789abcdef';
const OWN_KEY = 'tenants1.0123456789abcdef0123456789abcdef';
const DONE = `query ($id: ID!) { call(id: $id) {
  status endReason failure isSimulated providerCallId billedSeconds summary shortSummary durationSeconds
  recording { url } transcript { nodes { ordinal speaker text medium } }
} }`;
const END = 'mutation ($id: ID!) { endCall(id: $id) { id status endReason } }';
/** What the platform signs in to its SIP trunk with. */
const TRUNK = { username: 'voho', password: 'a secret of the trunk' };
const SET_KEY =
  'mutation ($input: UpdateTenantInput!) { updateTenant(input: $input) { settings { hasUltravoxApiKey } } }';

describe('With another provider than the simulator, made from the contract alone', () => {
  let standIn: StandIn;
  let server: TestServer;
  let tenant: SeededTenant;
  let client: Client;

  beforeAll(async () => {
    standIn = await StandIn.start(KEY, OWN_KEY);
    server = await startTestServer({
      env: {
        ULTRAVOX_BASE_URL: standIn.url,
        ULTRAVOX_API_KEY: KEY,
        PHONE_MEDIUM: 'sip',
        PHONE_SIP_HOST: 'trunk.example',
        PHONE_SIP_USERNAME: TRUNK.username,
        PHONE_SIP_PASSWORD: TRUNK.password,
        PHONE_CALLER_ID: '+12025550100',
      },
    });
    tenant = await seedTenant(server);
    ({ client } = tenant.admin);
  });
  afterEach(() => {
    standIn.behave();
    expect(standIn.faults.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await server.stop();
    standIn.stop();
  });

  /** The call once nothing is left to come. */
  const settled = async (id: string): Promise<Loose> => {
    const deadline = Date.now() + 25_000;
    for (;;) {
      const { call } = await client.data(DONE, { id });
      if (call.summary !== null && call.recording && call.billedSeconds !== null) return call;
      if (Date.now() > deadline) throw new Error(`Not settled: ${JSON.stringify(call)}`);
      await new Promise(resolve => setTimeout(resolve, 100));
    }
  };

  it('a call goes from its creation to its recording, and is heard live', async () => {
    const stream = client.subscribe(
      `subscription { callEvents(after: "") { __typename callId
        ... on CallStatusChanged { status } ... on CallUtteranceAdded { utterance { speaker text } } } }`,
    );
    const { id, joinUrl } = await startCall(client, { metadata: { order: '42' } });
    expect(joinUrl).toMatch(/^wss:\/\/media\.stand-in\.example/);
    const call = await settled(id);
    await stream.value(({ callEvents }) => callEvents.__typename === 'CallRecordingReady');
    stream.stop();
    const [made] = standIn.madeFor(id);
    expect(call).toMatchObject({
      status: 'COMPLETED',
      endReason: 'HANGUP',
      failure: null,
      isSimulated: false,
      providerCallId: made?.id,
      summary: 'They said hello, and goodbye.',
      shortSummary: 'Greetings.',
    });
    expect(call.billedSeconds).toBeCloseTo(6);
    // What was heard first, cut short as it was settled in the end.
    const heard = stream.values
      .map(({ callEvents }) => callEvents)
      .filter(event => event.__typename === 'CallUtteranceAdded')
      .map(event => event.utterance.text);
    expect(heard).toEqual(LINES.map(line => line.heard));
    expect(call.transcript.nodes.map((node: Loose) => node.text)).toEqual([
      ...LINES.map(line => line.settled),
      'The line goes quiet.',
    ]);
    expect(call.transcript.nodes[2]).toMatchObject({ speaker: 'USER', medium: 'VOICE' });
    const recording = await fetch(call.recording.url as string);
    expect(Buffer.from(await recording.arrayBuffer()).equals(RECORDING)).toBe(true);
    expect(made?.wish.metadata).toMatchObject({ order: '42', vohoCallId: id });
  });

  it('a call ends the same when it tells nothing by itself, and gives a reason that nobody knows', async () => {
    standIn.behave({ webhooksAfterMs: null, hasDataConnection: false, endReason: 'carrier_yawned' });
    const call = await settled((await startCall(client)).id);
    expect(call).toMatchObject({ status: 'COMPLETED', endReason: 'OTHER' });
    expect(call.transcript.nodes).toHaveLength(LINES.length + 1);
  });

  it('a call ends the same when its news comes seconds late', async () => {
    standIn.behave({ webhooksAfterMs: 4000 });
    expect(await settled((await startCall(client)).id)).toMatchObject({
      status: 'COMPLETED',
      endReason: 'HANGUP',
    });
  });

  it('a live call is spoken into and hung up', async () => {
    const { id } = await startCall(client);
    await callWithStatus(client, id, 'IN_PROGRESS');
    const say = 'mutation ($input: SendCallMessageInput!) { sendCallMessage(input: $input) { id } }';
    await client.data(say, {
      input: { callId: id, kind: 'USER_TEXT', text: 'Is there parking?', urgent: true },
    });
    await client.data(END, { id });
    const call = await settled(id);
    expect(call).toMatchObject({ status: 'COMPLETED', endReason: 'AGENT_HANGUP' });
    expect(call.transcript.nodes).toContainEqual(
      expect.objectContaining({ speaker: 'USER', text: 'Is there parking?', medium: 'TEXT' }),
    );
  });

  it('a call that nobody has joined is taken back, also where it cannot be deleted before it is over', async () => {
    standIn.behave({ unjoinedAfterMs: 3000 });
    const { id } = await startCall(client);
    expect((await client.data(END, { id })).endCall).toMatchObject({
      status: 'ENDED',
      endReason: 'CANCELLED',
    });
    expect(standIn.madeFor(id)).toEqual([]);

    standIn.behave({ unjoinedAfterMs: 3000, keepsCallsThatAreNotOver: true });
    const kept = await startCall(client);
    // It can still be joined, so it is not over yet.
    expect((await client.data(END, { id: kept.id })).endCall.status).toBe('RINGING');
    expect(await callWithStatus(client, kept.id, 'ENDED')).toMatchObject({ endReason: 'CANCELLED' });
  });

  it('a number is dialled by SIP, and a deleted call is deleted there too', async () => {
    const allow = ['tenants', 'phone', tenant.subdomain, '--platform-account', '--countries', 'DE'];
    expect((await operate(server, allow)).code).toBe(0);
    const call = await startCall(client, { medium: 'PHONE', phoneNumber: '+4915112345678' });
    expect(call.joinUrl).toBeNull();
    expect(standIn.madeFor(call.id)[0]?.wish.medium).toEqual({
      sip: {
        outgoing: {
          to: 'sip:+4915112345678@trunk.example',
          from: 'sip:+12025550100@trunk.example',
          ...TRUNK,
        },
      },
    });
    await callWithStatus(client, call.id, 'COMPLETED');
    await client.data('mutation ($id: ID!) { deleteCall(id: $id) }', { id: call.id });
    while (standIn.madeFor(call.id).length > 0) await new Promise(resolve => setTimeout(resolve, 50));
  });

  it('one call is made when it is busy at first, and when the answer is lost', async () => {
    standIn.behave({ refusals: 2 });
    const busy = await startCall(client);
    await callWithStatus(client, busy.id, 'COMPLETED');
    expect(standIn.madeFor(busy.id)).toHaveLength(1);
    standIn.behave({ losesAnswer: true, webhooksAfterMs: null, hasDataConnection: false });
    const lost = await startCall(client);
    await callWithStatus(client, lost.id, 'COMPLETED');
    expect(standIn.madeFor(lost.id)).toHaveLength(1);
  });

  it("a tenant's own key is checked, and used for its calls alone", async () => {
    const other = await seedTenant(server);
    const refusal = await other.admin.client.refusal(SET_KEY, {
      input: { ultravoxApiKey: 'none.of-theirs' },
    });
    expect(refusal.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: { 'input.ultravoxApiKey': 'was refused by the voice provider' },
    });
    expect(
      (await other.admin.client.data('{ tenant { settings { hasUltravoxApiKey } } }')).tenant.settings,
    ).toEqual({
      hasUltravoxApiKey: false,
    });
    await other.admin.client.data(SET_KEY, { input: { ultravoxApiKey: OWN_KEY } });
    const { id } = await startCall(other.admin.client);
    await callWithStatus(other.admin.client, id, 'COMPLETED');
    expect(standIn.madeFor(id).map(({ key }) => key)).toEqual([OWN_KEY]);
    expect(standIn.calls.filter(({ key }) => key === OWN_KEY)).toHaveLength(1);

    // The platform's number is not its own, and it could read the trunk's password in an account that is.
    const dial = { systemPrompt: 'Hello', medium: 'PHONE', phoneNumber: '+4915112345678' };
    const { extensions } = await other.admin.client.refusal(
      'mutation ($input: CreateCallInput!) { createCall(input: $input) { id } }',
      { input: dial },
    );
    expect(extensions.code).toBe('PROVIDER_UNAVAILABLE');
    expect(standIn.calls.filter(({ key }) => key === OWN_KEY)).toHaveLength(1);

    const from = '+12025550123';
    const phone = ['tenants', 'phone', other.subdomain, '--caller-id', from, '--carrier', 'telnyx'];
    expect((await operate(server, phone)).out).toBe(`${other.subdomain} dials from ${from} now.\n`);
    const call = await startCall(other.admin.client, { medium: 'PHONE', phoneNumber: dial.phoneNumber });
    expect(standIn.madeFor(call.id).map(({ key, wish }) => [key, wish.medium])).toEqual([
      [OWN_KEY, { telnyx: { outgoing: { to: dial.phoneNumber, from } } }],
    ]);
  });
});
