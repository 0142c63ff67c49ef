/**
 * Runs one operation. Whatever it throws becomes a stream that fails, which graphql-ws tells as this operation's own
 * `error`: an operation that rejects would end its socket, and with it all other operations.
 */
export async function withOwnErrors<T>(run: () => Promise<T>): Promise<T | AsyncGenerator<never>> {
  try {
    return await run();
  } catch (error) {
    return failing(error);
  }
}

// eslint wants a yield in generators; the type says that there is none.
async function* failing(error: unknown): AsyncGenerator<never> {
  yield* [];
  throw error;
}
