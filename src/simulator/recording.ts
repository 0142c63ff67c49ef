import { setImmediate as nextTurn } from 'node:timers/promises';
import { timelineOf } from './call-timeline.js';
import { indexedItems } from './message-view.js';
import { seededRandom, type Random } from './random.js';
import { SAMPLE_RATE, synthesise } from './speech-synth.js';
import type { StoredCall } from './stored-call.js';
import { BYTES_PER_SAMPLE, WAV_HEADER_BYTES, wavHeader } from './wav.js';

const SAMPLES_PER_MS = SAMPLE_RATE / 1000;
/** The longest stretch of silence made in one piece. */
const SILENCE_SAMPLES = SAMPLE_RATE * 10;

/** The size of a call's recording in bytes. It lasts exactly from the join to the end. */
export function recordingBytes(call: StoredCall): number {
  return WAV_HEADER_BYTES + totalSamples(call) * BYTES_PER_SAMPLE;
}

/** The recording in pieces, one for each utterance and pause, made while it is read so that nothing else waits. */
export async function* recordingChunks(call: StoredCall): AsyncGenerator<Buffer, void, void> {
  const total = totalSamples(call);
  const noise = seededRandom(`${call.callId}:noise`);
  yield wavHeader(total);
  let done = 0;
  for (const item of indexedItems(call)) {
    if (item.medium === 'MESSAGE_MEDIUM_TEXT' || item.channel !== 'voice') continue;
    yield* silence(item.start * SAMPLES_PER_MS - done, noise);
    const length = (item.end - item.start) * SAMPLES_PER_MS;
    yield bytesOf(synthesise(item.text, item.role, length, `${call.callId}:${item.index}`));
    done = item.end * SAMPLES_PER_MS;
    await nextTurn();
  }
  yield* silence(total - done, noise);
}

function totalSamples(call: StoredCall): number {
  const { joinedAt, endedAt } = timelineOf(call);
  return joinedAt === null ? 0 : (endedAt - joinedAt) * SAMPLES_PER_MS;
}

/** The faint noise of a quiet line. */
function* silence(samples: number, noise: Random): Generator<Buffer, void, void> {
  for (let left = samples; left > 0; left -= SILENCE_SAMPLES) {
    const piece = new Int16Array(Math.min(left, SILENCE_SAMPLES));
    for (let position = 0; position < piece.length; position += 1)
      piece[position] = Math.round((noise() - 0.5) * 6);
    yield bytesOf(piece);
  }
}

function bytesOf(samples: Int16Array): Buffer {
  return Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
}
