import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { Ajv } from 'ajv';
import * as ajvFormats from 'ajv-formats';
import { parse } from 'yaml';
import { faultSchema } from '../../src/simulator/faults.js';
import { SpecClient, type CallJson } from '../../src/simulator/spec-kit.js';
import { type Simulator, startSimulator } from '../../src/simulator/start-simulator.js';
import { DESCRIPTION } from '../kit/api-description.js';
import type { Loose } from '../kit/client.js';

const SECRET = 'a shared secret of some length';

describe('The answers of the simulator', () => {
  let simulator: Simulator;
  let client: SpecClient;
  let document: Loose;
  const ajv = new Ajv({ strict: false, allErrors: true });
  const visited = new Set<string>();

  beforeAll(async () => {
    simulator = await startSimulator({
      conversations: [
        {
          name: 'tools',
          default: false,
          end: 'hangup',
          faults: [],
          turns: [{ tool: 'look', arguments: {}, result: 'seen' }, { stage: {} }, { agent: 'Bye.' }],
        },
      ],
    });
    client = new SpecClient(simulator.url);
    document = parse(await readFile(DESCRIPTION, 'utf8'));
    (ajvFormats.default as unknown as { default: (ajv: Ajv) => void }).default(ajv);
    for (const format of ['enum', 'double', 'int32']) ajv.addFormat(format, true);
    ajv.addSchema({ $id: 'api', components: nullable(document.components) });
  });
  afterAll(() => simulator.stop());

  /** Sends a request and holds the answer against the provider's description. */
  const held = async (method: string, template: string, path: string, body?: unknown): Promise<Loose> => {
    visited.add(
      `${method} ${template
        .replace(/call_stage_id/, 'stage')
        .replace(/\{\w*id\}/g, ':id')
        .replace('{stage}', ':stage')}`,
    );
    const response = await client.send(method, path, body);
    const described = document.paths[template][method.toLowerCase()].responses[String(response.status)];
    if (described === undefined) throw new Error(`${method} ${path} answered ${response.status}`);
    const text = await response.text();
    const content: Loose = Object.values(described.content ?? {})[0];
    if (content === undefined || response.status === 302) return null;
    const json: unknown = JSON.parse(text);
    const validate = ajv.compile(nullable(content.schema, 'api') as object);
    if (!validate(json)) throw new Error(`${method} ${path}: ${ajv.errorsText(validate.errors)}\n${text}`);
    return json;
  };

  const call = async (body: object, seconds = 60): Promise<string> => {
    const made: CallJson = await held('POST', '/api/calls', '/api/calls', body);
    for (const pause of [0.9, 3, seconds]) {
      await client.pass(pause);
      await held('GET', '/api/calls/{call_id}', `/api/calls/${made.callId}`);
    }
    return made.callId;
  };

  it('are what the provider describes, at each stage of calls of every kind', async () => {
    await client.arm({ kind: 'end-reason', reason: 'system_error', afterMs: 500, times: 1 });
    await call({});
    await client.arm({ kind: 'never-joins', times: 1 });
    await call({ medium: { sip: { outgoing: { to: 'sip:a@b.example', from: 'c' } } } });
    await client.arm({ kind: 'billing-refunded', delayMs: 1000, times: 1 });
    await call({
      systemPrompt: 'You are Maya.',
      voice: 'Mark',
      languageHint: 'de',
      temperature: 0.5,
      initialState: { name: 'Ana' },
      initialMessages: [{ role: 'MESSAGE_ROLE_USER', text: 'Before' }],
      metadata: { a: 'b' },
      recordingEnabled: true,
      retentionPolicy: 'CALL_RETENTION_POLICY_RETAIN',
      firstSpeakerSettings: { user: {} },
      sharedSecrets: [SECRET],
      dataConnection: { websocketUrl: 'ws://127.0.0.1:9/', dataMessages: { debug: true } },
      callbacks: { ended: { url: 'http://127.0.0.1:9/', secrets: [SECRET] } },
    });
  });

  it('are so on every route there is', async () => {
    await client.arm({ kind: 'data-cut', afterMs: 500, times: 1 });
    const id = await call({
      recordingEnabled: true,
      metadata: { script: 'tools' },
      initialMessages: [{ role: 'MESSAGE_ROLE_AGENT', text: 'Before' }],
      dataConnection: { websocketUrl: 'ws://127.0.0.1:9/' },
    });
    const of = (rest: string): string => `/api/calls/${id}${rest}`;
    const get = (template: string, path: string): Promise<Loose> => held('GET', template, path);
    await get('/api/calls', '/api/calls?pageSize=1');
    for (const mode of ['in_call', 'last_stage']) {
      await get('/api/calls/{call_id}/messages', of(`/messages?mode=${mode}&pageSize=1`));
    }
    expect(await get('/api/calls/{call_id}/tools', of('/tools'))).toHaveLength(1);
    expect((await get('/api/calls/{call_id}/events', of('/events'))).results).toHaveLength(1);
    const { results } = await get('/api/calls/{call_id}/stages', of('/stages'));
    expect(results).toHaveLength(2);
    const stage = `/stages/${results[0].callStageId}`;
    await get('/api/calls/{call_id}/stages/{call_stage_id}', of(stage));
    await get('/api/calls/{call_id}/stages/{call_stage_id}/messages', of(`${stage}/messages`));
    await get('/api/calls/{call_id}/stages/{call_stage_id}/tools', of(`${stage}/tools`));
    await get('/api/calls/{call_id}/recording', of('/recording'));
    for (const path of ['/api/accounts/me', '/api/accounts/me/usage/calls', '/api/accounts/me/billing/usage'])
      await get(path, path);

    const live: CallJson = await held('POST', '/api/calls', '/api/calls', {});
    await client.pass(1);
    const message = '/api/calls/{call_id}/send_data_message';
    await held('POST', message, `/api/calls/${live.callId}/send_data_message`, { type: 'hang_up' });
    await held('DELETE', '/api/calls/{call_id}', `/api/calls/${live.callId}`);
    await get('/api/deleted_calls', '/api/deleted_calls');
    await get('/api/deleted_calls/{call_id}', `/api/deleted_calls/${live.callId}`);

    const events = ['call.ended'];
    const hook = await held('POST', '/api/webhooks', '/api/webhooks', { url: 'http://127.0.0.1:9/', events });
    const [template, path] = ['/api/webhooks/{webhook_id}', `/api/webhooks/${hook.webhookId}`];
    await call({});
    expect((await get(template, path)).recentFailures).not.toHaveLength(0);
    await held('PUT', template, path, { url: 'http://127.0.0.1:9/', events: ['call.billed'] });
    await held('PATCH', template, path, { secrets: ['new'] });
    await get('/api/webhooks', '/api/webhooks');
    await held('DELETE', template, path);

    const { routes } = await client.get<{ routes: string[] }>('/simulator/routes');
    expect([...visited].sort()).toEqual([...routes].sort());
  });
});

describe('docs/simulator.md', () => {
  it('has a row for each fault, and none for others', async () => {
    const text = await readFile(new URL('../../docs/simulator.md', import.meta.url), 'utf8');
    const rows = [...text.matchAll(/^\| `([a-z][a-z-]+)`/gm)].map(([, kind]) => kind);
    const kinds = faultSchema.options.map(({ shape }) => shape.kind.value);
    expect(rows.sort()).toEqual([...kinds].sort());
  });
});

/** The schema in today's words: `nullable` becomes a type of its own, and references lead to the description. */
function nullable(schema: unknown, base = ''): unknown {
  if (Array.isArray(schema)) return schema.map(part => nullable(part, base));
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]) => [
    key,
    key === '$ref' ? `${base}${String(value)}` : nullable(value, base),
  ]);
  const { nullable: isNullable, ...rest } = Object.fromEntries(entries) as Record<string, unknown>;
  return isNullable === true ? { anyOf: [rest, { type: 'null' }] } : rest;
}
