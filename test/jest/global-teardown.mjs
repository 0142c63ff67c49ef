import './register.mjs';

/** Stops what the global setup started: the same process, so the two share their modules' state. */
export default async function globalTeardown(globalConfig, projectConfig) {
  const { default: tearDown } = await import('../kit/global-teardown.ts');
  await tearDown(globalConfig, projectConfig);
}
