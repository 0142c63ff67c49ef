import { describe, expect, it } from '@jest/globals';
import { writeConversation } from './conversation-writer.js';
import { DEFAULT_PACE } from './pace.js';
import type { StartCallRequest } from './start-call-request.js';
import type { CallBirth } from './stored-call.js';

const birth = (request: StartCallRequest, callId = 'call'): CallBirth => ({
  callId,
  callStageId: 'stage',
  createdAt: 0,
  request,
  pace: DEFAULT_PACE,
  faults: [],
});

const texts = (request: StartCallRequest, turns?: number): string[] =>
  writeConversation(birth(request), turns).map(({ text }) => text);

describe('The conversation of a call', () => {
  it('says each of many values verbatim in few utterances', () => {
    const values = Array.from({ length: 40 }, (_, index) => `value no. ${index}: "x", y`);
    const initialState = Object.fromEntries(values.map((value, index) => [`key${index}`, value]));
    const said = texts({ initialState });
    for (const value of values) expect(said).toContainEqual(expect.stringContaining(value));
    expect(said.length).toBeLessThanOrEqual(10);
  });

  it('says nested values, list items, numbers and booleans, and leaves out null and blank text', () => {
    const said = texts({
      initialState: { a: { b: { c: 0.5 } }, list: [1, 'two', null, { deep: false }], no: null, blank: ' ' },
    }).join('\n');
    expect(said).toContain('the a b c is 0.5');
    expect(said).toContain('the list are 1 and two');
    expect(said).toContain('the list deep is false');
    expect(said).not.toMatch(/null|blank/);
  });

  it('is the same each time for one call', () => {
    const request = { initialState: { city: 'Graz' } };
    expect(writeConversation(birth(request))).toEqual(writeConversation(birth(request)));
  });

  it('takes its topic from the system prompt without repeating the prompt', () => {
    const systemPrompt = 'You are Maya. Remind people of an overdue invoice. Secret: plover.';
    const said = texts({ systemPrompt }).join(' ');
    expect(said).toContain('your invoice');
    expect(said).toContain('This is Maya.');
    expect(said).not.toContain('plover');
    expect(said).not.toContain('Remind people');
  });

  it('opens with the given greeting, and lets the user speak first where asked', () => {
    expect(texts({ firstSpeakerSettings: { agent: { text: 'Servus!' } } })[0]).toBe('Servus!');
    expect(writeConversation(birth({ firstSpeakerSettings: { user: {} } }))[0]?.role).toBe('user');
    expect(writeConversation(birth({ firstSpeaker: 'FIRST_SPEAKER_USER' }))[0]?.role).toBe('user');
  });

  it('has as many exchanges as asked for', () => {
    expect(texts({}, 30)).toHaveLength(1 + 60 + 2);
  });
});
