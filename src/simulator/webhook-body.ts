import type { Json } from './call-view.js';

/** Text that two JSON writers write differently. */
const NOT_ASCII = 'Grüße, 東京, \u{1F44B}';

/** The body of a webhook: indented, so that a receiver that signs its own rendering of it is found out. */
export function webhookBody(event: string, call: Json): string {
  return JSON.stringify({ event, call }, null, 1);
}

/** The same with everything that is allowed and unusual: key order, white space, and escapes beside plain text. */
export function oddWebhookBody(event: string, call: Json): string {
  const text = JSON.stringify(
    reversed({ event, call: { ...call, greeting: NOT_ASCII, sameGreeting: NOT_ASCII } }),
    null,
    '\t',
  );
  const plain = JSON.stringify(NOT_ASCII);
  const escaped = plain.replace(/[\u0080-\uffff]/g, escape);
  return ` ${text.replace(plain, escaped)}\r\n`;
}

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  const entries: [string, unknown][] = Object.entries(value);
  return Object.fromEntries(entries.reverse().map(([key, part]) => [key, reversed(part)]));
}
