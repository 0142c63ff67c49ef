import './register.mjs';

/** Starts the engines once for the whole run; its workers inherit what it writes to the environment. */
export default async function globalSetup(globalConfig, projectConfig) {
  const { default: setUp } = await import('../kit/global-setup.ts');
  await setUp(globalConfig, projectConfig);
}
