const PLACEHOLDER = /\{\{\s*([\w.-]+)\s*\}\}/g;

/**
 * Fills the `{{placeholders}}` of a prompt. Text is put in as it is, anything else as JSON.
 * @returns the prompt, and the names for which there was no value.
 */
export function fillPrompt(
  template: string,
  variables: Readonly<Record<string, unknown>>,
): { prompt: string; missing: string[] } {
  const missing = new Set<string>();
  const prompt = template.replace(PLACEHOLDER, (placeholder, name: string) => {
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (value !== undefined && value !== null)
      return typeof value === 'string' ? value : JSON.stringify(value);
    missing.add(name);
    return placeholder;
  });
  return { prompt, missing: [...missing] };
}
