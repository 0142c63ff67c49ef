import { describe, expect, it } from '@jest/globals';
import { timelineOf } from './call-timeline.js';
import { DEFAULT_PACE } from './pace.js';
import { recordingBytes, recordingChunks } from './recording.js';
import { SAMPLE_RATE, synthesise } from './speech-synth.js';
import type { StoredCall } from './stored-call.js';

const call: StoredCall = {
  callId: 'call',
  callStageId: 'stage',
  createdAt: 0,
  request: { initialState: { name: 'Ana' }, recordingEnabled: true },
  pace: DEFAULT_PACE,
  faults: [],
  interventions: [],
  attempts: [],
  deletedAt: null,
};

const loudness = (samples: Int16Array): number =>
  Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);

/** The pitch in hertz at which a voice repeats itself best, between 80 and 300. */
function pitchOf(samples: Int16Array): number {
  const frame = samples.subarray(samples.length / 2, samples.length / 2 + 1600);
  const likeness = (lag: number): number =>
    frame.subarray(lag).reduce((sum, sample, index) => sum + sample * (frame[index] ?? 0), 0) / (1600 - lag);
  const lags = Array.from({ length: 147 }, (_, index) => 53 + index);
  return SAMPLE_RATE / lags.reduce((best, lag) => (likeness(lag) > likeness(best) ? lag : best));
}

describe('The recording of a call', () => {
  it('is loud in each spoken turn and nearly silent in between', async () => {
    const chunks: Buffer[] = [];
    for await (const chunk of recordingChunks(call)) chunks.push(chunk);
    const wav = Buffer.concat(chunks);
    expect(wav).toHaveLength(recordingBytes(call));
    const samples = new Int16Array(wav.buffer.slice(wav.byteOffset + 44, wav.byteOffset + wav.length));
    const between = (from: number, to: number): Int16Array => samples.subarray(from * 16, to * 16);
    let end = 0;
    for (const item of timelineOf(call).items) {
      expect(loudness(between(end, item.start))).toBeLessThan(10);
      expect(loudness(between(item.start, item.end))).toBeGreaterThan(500);
      end = item.end;
    }
  });

  it('lasts from the join to the end, at most half a second longer than the talk', () => {
    const { joinedAt, endedAt, items } = timelineOf(call);
    const ms = (recordingBytes(call) - 44) / 32;
    expect(ms).toBe(endedAt - Number(joinedAt));
    expect(ms - Number(items.at(-1)?.end)).toBeLessThan(500);
  });

  it('is the same each time it is made', async () => {
    const make = async (): Promise<Buffer> => {
      const chunks: Buffer[] = [];
      for await (const chunk of recordingChunks(call)) chunks.push(chunk);
      return Buffer.concat(chunks);
    };
    expect((await make()).equals(await make())).toBe(true);
  });

  it('has a higher voice for the agent than for the user', () => {
    const voice = (speaker: 'agent' | 'user'): number =>
      pitchOf(synthesise('aaaa', speaker, SAMPLE_RATE, 'seed'));
    expect(voice('agent')).toBeGreaterThan(160);
    expect(voice('user')).toBeLessThan(150);
  });

  it('copes with utterances without letters and without length', () => {
    expect(synthesise('…', 'agent', 800, 'seed')).toHaveLength(800);
    expect(synthesise('', 'agent', 0, 'seed')).toHaveLength(0);
  });
});
