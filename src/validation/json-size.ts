/**
 * Values of one JSON text that a client may send: lists, objects, and what stands between commas. What reads them takes
 * time for each, however short it is.
 */
export const MOST_VALUES = 10_000;
/** Levels of lists and objects in each other of one JSON text: few enough for functions that call themselves. */
const MOST_TEXT_LEVELS = 2000;

/** Why a JSON text is too much to be parsed, as a sentence without its subject; null when it is not. */
export function faultOfJson(text: Uint8Array): string | null {
  let values = 0;
  let level = 0;
  let isInText = false;
  for (let index = 0; index < text.length; index += 1) {
    const byte = text[index];
    if (isInText) {
      if (byte === BACKSLASH) index += 1;
      else if (byte === QUOTE) isInText = false;
    } else if (byte === QUOTE) {
      isInText = true;
    } else if (byte === LIST || byte === OBJECT) {
      values += 1;
      level += 1;
      if (level > MOST_TEXT_LEVELS) return `is nested more than ${MOST_TEXT_LEVELS} levels deep`;
    } else if (byte === LIST_END || byte === OBJECT_END) {
      level -= 1;
    } else if (byte === COMMA) {
      values += 1;
    }
    if (values > MOST_VALUES) return `has more than ${MOST_VALUES} values`;
  }
  return null;
}

const [QUOTE, BACKSLASH, COMMA, LIST, LIST_END, OBJECT, OBJECT_END] = Buffer.from('"\\,[]{}');
