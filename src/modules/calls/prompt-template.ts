/** The most that a prompt may have once its placeholders are filled. */
export const MOST_PROMPT_CHARACTERS = 100_000;

const PLACEHOLDER = /\{\{\s*([\w.-]+)\s*\}\}/g;

/**
 * Fills the `{{placeholders}}` of a prompt. Text is put in as it is, anything else as JSON.
 * @returns the prompt, null when it would grow too long, and the names for which there was no value.
 */
export function fillPrompt(
  template: string,
  variables: Readonly<Record<string, unknown>>,
): { prompt: string | null; missing: string[] } {
  const missing = new Set<string>();
  let left = MOST_PROMPT_CHARACTERS - template.length;
  const prompt = template.replace(PLACEHOLDER, (placeholder, name: string) => {
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (value !== undefined && value !== null) {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      left -= text.length;
      return left < 0 ? '' : text;
    }
    missing.add(name);
    return placeholder;
  });
  return { prompt: left < 0 ? null : prompt, missing: [...missing] };
}
