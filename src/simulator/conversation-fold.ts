import type { SteeringMessage } from './data-message.js';
import { unscriptedLine, type PacedLine } from './paced-line.js';
import type { Pace } from './pace.js';
import { interrupted, type PlacedItem } from './placed-item.js';

/**
 * Places utterances one after the other and lets messages steer them. What has begun when a message arrives is
 * never moved, so a client that followed the call up to then has seen nothing that changes later.
 */
export class ConversationFold {
  private readonly placed: PlacedItem[] = [];
  private replies: PacedLine[] = [];
  private clock = 0;
  private stage = 0;
  private hangingUp = false;

  constructor(
    private script: PacedLine[],
    private readonly pace: Pace,
  ) {}

  /** Applies a message that arrives so many milliseconds after the join. Calls must be in order of time. */
  steer(at: number, message: SteeringMessage): void {
    this.placeUntil(at);
    switch (message.type) {
      case 'user_text_message':
        this.steerByText(at, message.text, message.urgency);
        break;
      case 'forced_agent_message':
        if (message.urgency === 'immediate') this.cutAgent(at);
        if (message.content !== '') this.reply(message.content);
        break;
      case 'hang_up':
        this.hangUp(at, message.message);
        break;
    }
    this.clock = Math.max(this.clock, at);
  }

  /** Places what is left and answers all items in order, with the time at which the last of them is over. */
  finish(): { items: PlacedItem[]; quietAt: number } {
    this.placeUntil(Infinity);
    return { items: this.placed, quietAt: this.clock };
  }

  private steerByText(at: number, text: string, urgency: 'immediate' | 'soon' | 'later'): void {
    if (urgency === 'immediate') this.cutAgent(at);
    this.placed.push({
      role: 'user',
      text,
      channel: 'text',
      start: at,
      end: at,
      stage: this.stage,
      carriesValues: false,
    });
    if (urgency !== 'later') this.reply(`You wrote: "${text}". Thank you, I have taken note of that.`);
  }

  private hangUp(at: number, farewell: string): void {
    if (this.hangingUp) return;
    this.hangingUp = true;
    this.cut(at);
    this.replies = farewell === '' ? [] : [unscriptedLine(this.pace, farewell)];
    this.script = [];
  }

  private reply(text: string): void {
    if (!this.hangingUp) this.replies.push(unscriptedLine(this.pace, text));
  }

  /** Interrupts the agent; values that were not said completely are said again later. */
  private cutAgent(at: number): void {
    const cut = this.placed.findLast(item => item.end > at);
    if (cut?.role !== 'agent') return;
    this.cut(at);
    if (cut.carriesValues && !this.hangingUp) {
      this.script.unshift(unscriptedLine(this.pace, `As I was saying: ${cut.text}`, true));
    }
  }

  private cut(at: number): void {
    const index = this.placed.findLastIndex(item => item.end > at);
    const item = this.placed[index];
    if (item === undefined) return;
    this.placed[index] = interrupted(item, at);
    this.clock = at;
  }

  private itemOf({ role, text, tool, gapMs, durationMs, cutMs, carriesValues }: PacedLine): PlacedItem {
    const start = this.clock + gapMs;
    const channel = tool === undefined ? 'voice' : 'tool';
    const common = { role, text, channel, stage: this.stage, carriesValues } as const;
    const item = { ...common, start, end: start + durationMs, ...(tool === undefined ? {} : { tool }) };
    return cutMs === undefined || cutMs >= durationMs ? item : interrupted(item, start + cutMs);
  }

  private placeUntil(limit: number): void {
    for (;;) {
      const queue = this.replies.length > 0 ? this.replies : this.script;
      const next = queue[0];
      if (next === undefined || this.clock + next.gapMs >= limit) return;
      queue.shift();
      if (next.startsStage === true) this.stage += 1;
      const item = this.itemOf(next);
      this.placed.push(item);
      this.clock = item.end;
    }
  }
}
