import { describe, expect, it } from '@jest/globals';
import { startServerProcess } from '../kit/process.js';

/** Whole, were it not for what a test changes; the engines come from the kit. */
const PRODUCTION = {
  NODE_ENV: 'production',
  PUBLIC_URL: 'https://voho.example',
  BASE_DOMAIN: 'voho.example',
  ULTRAVOX_API_KEY: 'k3Qv8Zt1Xy6Wm4Rp',
};

describe('A server in production', () => {
  it.each([
    ['a default secret', 'JWT_SECRET', 'please-change-me-please-change-me-now'],
    ['a short one', 'JWT_SECRET', 'k7Jq2'],
    ['a short key', 'MASTER_KEY', 'k7Jq2'],
    ['no list of origins to tell its own from', 'PUBLIC_URL', ''],
    ['time that is not real', 'VIRTUAL_TIME', 'true'],
  ])('S62 does not start with %s, and says why', async (_what, name, value) => {
    await expect(startServerProcess({ ...PRODUCTION, [name]: value })).rejects.toThrow(
      new RegExp(`did not start[^]*not usable[^]*- ${name}`),
    );
  });
});
