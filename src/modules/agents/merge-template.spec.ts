import { describe, expect, it } from '@jest/globals';
import { DomainError } from '../../errors/domain-error.js';
import { changedFields, TEMPLATE_FIELDS, templateOf } from './agent-template.js';
import { mergeTemplate, newTemplate } from './merge-template.js';

const before = newTemplate({ name: 'Support', systemPrompt: 'Be kind.', voice: 'Mark', temperature: 0.5 });

describe('newTemplate', () => {
  it('fills absent and null fields with their defaults', () => {
    const template = newTemplate({
      name: 'A',
      systemPrompt: 'B',
      recordingEnabled: null,
      firstSpeaker: null,
    });
    expect(template).toEqual({
      name: 'A',
      systemPrompt: 'B',
      model: null,
      voice: null,
      languageHint: null,
      temperature: null,
      recordingEnabled: true,
      maxDurationSeconds: 3600,
      firstSpeaker: 'AGENT',
    });
  });
});

describe('mergeTemplate', () => {
  it('leaves what is absent', () => {
    expect(mergeTemplate(before, { id: 'agent_1' })).toEqual(before);
  });

  it('takes what is given, zero and false too', () => {
    const after = mergeTemplate(before, { id: 'agent_1', temperature: 0, recordingEnabled: false });
    expect(after).toEqual({ ...before, temperature: 0, recordingEnabled: false });
    expect(changedFields(before, after)).toEqual(['temperature', 'recordingEnabled']);
  });

  it('clears what may be null', () => {
    expect(mergeTemplate(before, { id: 'agent_1', voice: null, temperature: null })).toEqual({
      ...before,
      voice: null,
      temperature: null,
    });
  });

  it('refuses to clear what an agent cannot do without, naming every field', () => {
    const input = { id: 'agent_1', name: null, systemPrompt: null, maxDurationSeconds: null };
    try {
      mergeTemplate(before, input);
      throw new Error('nothing was refused');
    } catch (error) {
      expect(error).toBeInstanceOf(DomainError);
      expect(Object.keys((error as DomainError).details.fields ?? {})).toEqual([
        'input.name',
        'input.systemPrompt',
        'input.maxDurationSeconds',
      ]);
    }
  });
});

describe('templateOf', () => {
  it('takes every field of a template and nothing else', () => {
    const template = templateOf({ ...before, version: 3 } as typeof before);
    expect(Object.keys(template).sort()).toEqual([...TEMPLATE_FIELDS].sort());
  });
});
