import { describe, expect, it } from '@jest/globals';
import { timelineOf, type Timeline } from './call-timeline.js';
import type { SteeringMessage } from './data-message.js';
import type { LifeFault } from './faults.js';
import { DEFAULT_PACE } from './pace.js';
import type { StartCallRequest } from './start-call-request.js';

const CREATED_AT = 1_700_000_000_000;
const JOINED_AT = CREATED_AT + DEFAULT_PACE.joinDelayMs;

interface Steering {
  /** Milliseconds after the join. */
  after: number;
  message: SteeringMessage;
}

const life = (request: StartCallRequest, steering: Steering[] = [], faults: LifeFault[] = []): Timeline =>
  timelineOf({
    callId: 'call',
    callStageId: 'stage',
    createdAt: CREATED_AT,
    request,
    pace: DEFAULT_PACE,
    faults,
    interventions: steering.map(({ after, message }) => ({ at: JOINED_AT + after, message })),
    attempts: [],
    deletedAt: null,
  });

const length = ({ joinedAt, endedAt }: Timeline): number => endedAt - (joinedAt ?? endedAt);
const texts = ({ items }: Timeline): string[] => items.map(({ text }) => text);
const text = (urgency: 'immediate' | 'soon' | 'later'): SteeringMessage => ({
  type: 'user_text_message',
  text: 'Call me back',
  urgency,
});

describe('The timeline of a call', () => {
  const request: StartCallRequest = { initialState: { name: 'Ana', city: 'Graz' }, recordingEnabled: true };
  const plain = life(request);

  it('joins soon, talks for four to six seconds and settles within two more', () => {
    expect(plain).toMatchObject({ joinedAt: JOINED_AT, endReason: 'hangup' });
    expect(length(plain)).toBeGreaterThanOrEqual(4000);
    expect(length(plain)).toBeLessThanOrEqual(6000);
    for (const at of [plain.summaryAt, plain.recordingAt]) {
      expect(Number(at) - plain.endedAt).toBeGreaterThan(0);
      expect(Number(at) - plain.endedAt).toBeLessThanOrEqual(2000);
    }
  });

  it('stays within six seconds with hundreds of values', () => {
    const initialState = Object.fromEntries(
      Array.from({ length: 300 }, (_, index) => [`key${index}`, `v${index}`]),
    );
    expect(length(life({ initialState }))).toBeLessThanOrEqual(6000);
  });

  it('lets no two utterances overlap', () => {
    plain.items.reduce((end, item) => {
      expect(item.start).toBeGreaterThan(end);
      expect(item.end).toBeGreaterThan(item.start);
      return item.end;
    }, 0);
  });

  it('shows a text message where it came and lets the agent answer it with a quotation', () => {
    const steered = life(request, [{ after: 1000, message: text('soon') }]);
    const index = steered.items.findIndex(({ channel }) => channel === 'text');
    expect(steered.items[index]).toMatchObject({
      role: 'user',
      text: 'Call me back',
      start: 1000,
      end: 1000,
    });
    expect(steered.items[index + 1]).toMatchObject({
      role: 'agent',
      text: expect.stringContaining('"Call me back"'),
    });
    expect(steered.endedAt).toBeGreaterThan(plain.endedAt);
  });

  it('does not answer a deferred text message', () => {
    expect(texts(life(request, [{ after: 1000, message: text('later') }])).join()).not.toContain('You wrote');
  });

  it('changes nothing that had begun before a message', () => {
    for (const urgency of ['soon', 'later'] as const) {
      const steered = life(request, [{ after: 2000, message: text(urgency) }]);
      const before = plain.items.filter(({ start }) => start < 2000);
      expect(steered.items.slice(0, before.length)).toEqual(before);
    }
  });

  it('says a value again when an immediate message interrupts it', () => {
    const said = plain.items.find(({ carriesValues, role }) => carriesValues && role === 'agent');
    const after = Number(said?.start) + 50;
    const steered = life(request, [{ after, message: text('immediate') }]);
    expect(texts(steered)).toContain(`As I was saying: ${said?.text}`);
    const cut = steered.items.find(({ intended }) => intended !== undefined);
    expect(cut).toMatchObject({ end: after, intended: { text: said?.text } });
    expect(said?.text.startsWith(String(cut?.text))).toBe(true);
  });

  it('lets the agent say what is forced upon it, but not an empty text', () => {
    const forced = (content: string): Timeline =>
      life(request, [{ after: 1000, message: { type: 'forced_agent_message', content, urgency: 'soon' } }]);
    expect(texts(forced('Please hold the line.'))).toContain('Please hold the line.');
    expect(forced('').items).toHaveLength(plain.items.length);
  });

  it('ends soon after a hang-up, after the farewell if there is one', () => {
    const bare = life(request, [{ after: 1000, message: { type: 'hang_up', message: '' } }]);
    expect(bare).toMatchObject({ endReason: 'hangup' });
    expect(length(bare)).toBeLessThan(1500);
    const polite = life(request, [{ after: 1000, message: { type: 'hang_up', message: 'So long.' } }]);
    expect(texts(polite).at(-1)).toBe('So long.');
    expect(polite.endedAt).toBeGreaterThan(bare.endedAt);
  });

  it('ends at the time limit, with the message for it', () => {
    const limited = life({ ...request, maxDuration: '2s', timeExceededMessage: 'Time is up.' });
    expect(limited.endReason).toBe('timeout');
    expect(length(limited)).toBe(2000);
    expect(texts(limited).at(-1)).toBe('Time is up.');
  });

  it('is not joined when the join time-out is shorter than the ringing', () => {
    expect(life({ joinTimeout: '0.5s' })).toMatchObject({
      joinedAt: null,
      endedAt: CREATED_AT + 500,
      endReason: 'unjoined',
      summaryAt: null,
      recordingAt: null,
    });
  });

  it('ends early with any reason that a fault names', () => {
    const broken = life(request, [], [{ kind: 'end-reason', reason: 'brand_new_reason', afterMs: 1500 }]);
    expect(broken.endReason).toBe('brand_new_reason');
    expect(length(broken)).toBe(1500);
  });

  it('lasts about as long as a fault says', () => {
    const long = life(request, [], [{ kind: 'conversation', seconds: 600 }]);
    expect(length(long) / 1000).toBeCloseTo(600, -1);
    expect(long.items.length).toBeGreaterThan(100);
  });
});
