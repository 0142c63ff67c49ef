import { normalForm } from '../../validation/normal-form.js';

/** The most that a prompt may have once its placeholders are filled. */
export const MOST_PROMPT_CHARACTERS = 100_000;

/** Braces with anything but braces between them: names of every script, and of several words. */
const PLACEHOLDER = /\{\{([^{}]*)\}\}/g;
/** Names that an error lists, and characters of each. */
const MOST_NAMES_TOLD = 20;
const LONGEST_NAME_TOLD = 100;

/**
 * Fills the `{{placeholders}}` of a prompt. Text is put in as it is, anything else as JSON; what is put in is not looked
 * through for placeholders. Names are compared without the spaces around them, in Unicode's form NFC.
 * @returns the prompt, null when it would grow too long, and the names for which there was no value, as errors tell them:
 * every pair of braces of the template is either filled or named there.
 */
export function fillPrompt(
  template: string,
  variables: Readonly<Record<string, unknown>>,
): { prompt: string | null; missing: string[] } {
  const values = new Map(Object.entries(variables).map(([name, value]) => [comparable(name), value]));
  const missing = new Set<string>();
  let left = MOST_PROMPT_CHARACTERS - template.length;
  const prompt = template.replace(PLACEHOLDER, (placeholder, name: string) => {
    const value = values.get(comparable(name));
    if (value !== undefined && value !== null) {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      left -= text.length;
      return left < 0 ? '' : text;
    }
    missing.add(comparable(name) === '' ? placeholder : told(comparable(name)));
    return placeholder;
  });
  // Without those that were looked at, so that values are not.
  for (const nested of leftOver(template.replace(PLACEHOLDER, '…'))) missing.add(told(nested));
  return { prompt: left < 0 ? null : prompt, missing: [...missing].slice(0, MOST_NAMES_TOLD) };
}

/** What still looks like a placeholder where one stands inside another. */
function* leftOver(template: string): Generator<string> {
  for (let end = 0; ;) {
    const start = template.indexOf('{{', end);
    if (start < 0) return;
    end = template.indexOf('}}', start + 2) + 2;
    if (end < 2) return;
    yield template.slice(start, end);
  }
}

const comparable = (name: string): string => normalForm(name.trim(), 'NFC');

const told = (name: string): string =>
  name.length > LONGEST_NAME_TOLD ? `${name.slice(0, LONGEST_NAME_TOLD).toWellFormed()}…` : name;
