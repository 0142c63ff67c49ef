/** Looks ten times a second until it is so. @throws after a minute, with what it waited for. */
export async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  for (const deadline = Date.now() + 60_000; !(await isSo());) {
    if (Date.now() > deadline) throw new Error(`It never came: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}
