import { seededRandom, type Random } from './random.js';
import { syllablesOf, type Syllable } from './syllables.js';

/** Samples of the synthesised speech in a second; all recordings use it. */
export const SAMPLE_RATE = 16_000;

/** Pitch in hertz and length of the throat against an adult man's. */
const VOICES = { agent: { pitch: 196, tract: 1.14 }, user: { pitch: 118, tract: 1 } } as const;
const BANDWIDTHS = [80, 110, 170] as const;
const PEAK = 9000;
/** Formants, pitch and loudness are set anew each so many samples. */
const FRAME = 64;

/**
 * Sound that has the shape of speech, as signed 16-bit samples: a glottal pulse train through three formant
 * filters per syllable, with noise at its beginning. It says no words, but it has the rhythm of the text.
 *
 * @param samples length of the utterance
 * @param seed decides breath and intonation; the same seed gives the same sound
 */
export function synthesise(
  text: string,
  speaker: 'agent' | 'user',
  samples: number,
  seed: string,
): Int16Array {
  const random = seededRandom(seed);
  const sound = new Float32Array(samples);
  const syllables = syllablesOf(text, samples / SAMPLE_RATE);
  let from = 0;
  syllables.forEach((syllable, index) => {
    const to = Math.floor((samples * (index + 1)) / syllables.length);
    const progress = index / syllables.length;
    voice(sound.subarray(from, to), syllable, VOICES[speaker], progress, random);
    from = to;
  });
  return scaledTo16Bit(sound);
}

function voice(
  out: Float32Array,
  syllable: Syllable,
  { pitch, tract }: { pitch: number; tract: number },
  progress: number,
  random: Random,
): void {
  const onset = syllable.consonant ? Math.floor(out.length * 0.22) : 0;
  const rest = syllable.endsWord ? Math.floor(out.length * 0.82) : out.length;
  const [first, second, third] = [new Resonator(), new Resonator(), new Resonator()] as const;
  const accent = 1 + 0.08 * (random() - 0.3);
  let phase = 0;
  let step = 0;
  let loudness = loudnessAt(0);
  let swell = 0;
  for (let position = 0; position < rest; position += 1) {
    if (position % FRAME === 0) {
      const share = position / rest;
      const glide = tract * (0.88 + 0.12 * Math.min(1, share * 3));
      [first, second, third].forEach((filter, band) => {
        filter.tune((syllable.formants[band] ?? 0) * glide, BANDWIDTHS[band] ?? 100);
      });
      const declination = 1.12 - 0.24 * progress - 0.06 * share;
      step = (pitch * accent * declination * (1 + 0.01 * (random() - 0.5))) / SAMPLE_RATE;
      loudness = loudnessAt(share);
      swell = (loudnessAt(Math.min(1, share + FRAME / rest)) - loudness) / FRAME;
    }
    phase += step;
    if (phase >= 1) phase -= 1;
    const breath = random() - 0.5;
    const source = position < onset ? breath * 0.5 : glottalFlow(phase) + breath * 0.03;
    out[position] = (first.run(source) + second.run(source) / 2 + third.run(source) / 3) * loudness;
    loudness += swell;
  }
}

/** How a syllable swells and fades, `share` of it being over. */
function loudnessAt(share: number): number {
  return Math.sin(Math.PI * Math.min(1, share + 0.02)) ** 0.6;
}

/** The slope of the air flow through the glottis over one period: a slow opening and a sudden closure. */
function glottalFlow(phase: number): number {
  if (phase < 0.4) return Math.sin((Math.PI * phase) / 0.4) * 0.5;
  return phase < 0.6 ? -Math.sin((Math.PI * (phase - 0.4)) / 0.2) : 0;
}

/** A filter with two poles, one formant. */
class Resonator {
  private gain = 0;
  private near = 0;
  private far = 0;
  private last = 0;
  private beforeLast = 0;

  tune(frequency: number, bandwidth: number): void {
    const radius = Math.exp((-Math.PI * bandwidth) / SAMPLE_RATE);
    this.near = 2 * radius * Math.cos((2 * Math.PI * frequency) / SAMPLE_RATE);
    this.far = -radius * radius;
    this.gain = 1 - radius;
  }

  run(input: number): number {
    const output = this.gain * input + this.near * this.last + this.far * this.beforeLast;
    this.beforeLast = this.last;
    this.last = output;
    return output;
  }
}

function scaledTo16Bit(sound: Float32Array): Int16Array {
  let loudest = 0;
  for (const sample of sound) loudest = Math.max(loudest, Math.abs(sample));
  const factor = loudest === 0 ? 0 : PEAK / loudest;
  const scaled = new Int16Array(sound.length);
  for (let position = 0; position < scaled.length; position += 1)
    scaled[position] = Math.round((sound[position] ?? 0) * factor);
  return scaled;
}
