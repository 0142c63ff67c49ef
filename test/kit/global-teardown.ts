import { run } from './global-setup.js';

/** Ends the engines that the set-up has started. */
export default async function tearDown(): Promise<void> {
  await run.engines?.stop();
}
