import { describe, expect, it } from '@jest/globals';
import { readEnv } from './env.js';
import { InvalidEnvironmentError } from './invalid-environment.error.js';

const JWT_SECRET = 'gkHhk2Vq0cXl5nQm8dTzYwR3sJ7uB1eF';
const MASTER_KEY = 'P4tLw9ZrNx2yUe6GvKj8QmSb5oCi1hAd';
const PRODUCTION = {
  NODE_ENV: 'production',
  MONGODB_URI: 'mongodb://db.example/voho?replicaSet=rs',
  REDIS_URL: 'redis://cache.example',
  PUBLIC_URL: 'https://api.example',
  BASE_DOMAIN: 'example.com',
  ULTRAVOX_API_KEY: 'abcdefgh.0123456789',
  JWT_SECRET,
  MASTER_KEY,
};

/** The variables that a refusal names. */
function faultsOf(source: Record<string, string>): string[] {
  try {
    readEnv(source);
  } catch (error) {
    if (error instanceof InvalidEnvironmentError)
      return error.faults.map(fault => fault.split(' ')[0] ?? '').sort();
    throw error;
  }
  return [];
}

describe('The environment', () => {
  it('needs nothing for development', () => {
    expect(readEnv({})).toMatchObject({
      PORT: 3000,
      HOST: '127.0.0.1',
      BASE_DOMAIN: 'voho.localhost',
      isProduction: false,
    });
  });

  it('bounds tries at passwords and sign-ups', () => {
    expect(readEnv({})).toMatchObject({
      WRONG_PASSWORDS_PER_ACCOUNT: 10,
      WRONG_PASSWORDS_PER_ADDRESS: 200,
      SIGN_UPS_PER_HOUR: 60,
    });
  });

  it.each([
    ['open in development', {}, 'open'],
    ['by invitation in production', PRODUCTION, 'invited'],
    ['open in production where that is said', { ...PRODUCTION, SIGN_UPS: 'open' }, 'open'],
    ['off in development where that is said', { SIGN_UPS: 'off' }, 'off'],
  ])('has sign-ups %s', (_how, source, policy) => {
    expect(readEnv(source).SIGN_UPS).toBe(policy);
  });

  it.each(['yes', 'Open', 'invite', 'open,invited', 'none'])('takes no SIGN_UPS=%s', SIGN_UPS => {
    expect(faultsOf({ SIGN_UPS })).toEqual(['SIGN_UPS']);
  });

  it.each([
    [undefined, 1000],
    ['0', 0],
    ['250', 250],
    ['none', null],
  ])('reads MONTHLY_CALL_MINUTES=%s as %s', (text, minutes) => {
    const source = text === undefined ? {} : { MONTHLY_CALL_MINUTES: text };
    expect(readEnv(source).MONTHLY_CALL_MINUTES).toBe(minutes);
  });

  it.each(['-1', '1.5', 'unlimited', '100000001'])('takes no MONTHLY_CALL_MINUTES=%s', minutes => {
    expect(faultsOf({ MONTHLY_CALL_MINUTES: minutes })).toEqual(['MONTHLY_CALL_MINUTES']);
  });

  it('takes an empty variable for an unset one', () => {
    expect(readEnv({ PORT: '', MONGODB_URI: '' })).toMatchObject({ PORT: 3000 });
  });

  it('S62 names everything that production lacks, at once', () => {
    expect(faultsOf({ NODE_ENV: 'production' })).toEqual([
      'BASE_DOMAIN',
      'JWT_SECRET',
      'MASTER_KEY',
      'MONGODB_URI',
      'PUBLIC_URL',
      'REDIS_URL',
      'ULTRAVOX_API_KEY',
    ]);
  });

  it('takes a lifetime of access tokens of up to 7 days', () => {
    expect(readEnv({ ACCESS_TOKEN_TTL: '7d' }).ACCESS_TOKEN_TTL).toBe(604_800);
    for (const ACCESS_TOKEN_TTL of ['8d', '169h', '604801s', '0s', '7 days'])
      expect(faultsOf({ ACCESS_TOKEN_TTL })).toEqual(['ACCESS_TOKEN_TTL']);
  });

  it('keeps idle connections for longer than balancers do, and for 10 minutes at most', () => {
    expect(readEnv({}).KEEP_ALIVE_TIMEOUT).toBe(75);
    expect(readEnv({ KEEP_ALIVE_TIMEOUT: '10m' }).KEEP_ALIVE_TIMEOUT).toBe(600);
    expect(faultsOf({ KEEP_ALIVE_TIMEOUT: '11m' })).toEqual(['KEEP_ALIVE_TIMEOUT']);
  });

  it('takes an address of several hosts', () => {
    const MONGODB_URI = 'mongodb://a.example:27017,b.example:27017/voho?replicaSet=rs';
    expect(readEnv({ ...PRODUCTION, MONGODB_URI }).MONGODB_URI).toBe(MONGODB_URI);
    expect(faultsOf({ ...PRODUCTION, MONGODB_URI: 'localhost:27017' })).toEqual(['MONGODB_URI']);
  });

  it('takes a second user of the same database, which an embedded one has not', () => {
    const MONGODB_SWEEPER_URI = 'mongodb://sweeper:secret@a.example,b.example:27017/voho';
    expect(faultsOf({ ...PRODUCTION, MONGODB_SWEEPER_URI })).toEqual([]);
    for (const other of ['/other', '/?w=1', '', '/voho2?w=1'])
      expect(
        faultsOf({ ...PRODUCTION, MONGODB_SWEEPER_URI: `mongodb://sweeper:secret@a.example${other}` }),
      ).toEqual(['MONGODB_SWEEPER_URI']);
    expect(faultsOf({ MONGODB_SWEEPER_URI })).toEqual(['MONGODB_SWEEPER_URI']);
  });

  it('is whole with what production needs', () => {
    expect(readEnv(PRODUCTION)).toMatchObject({ isProduction: true, ACCESS_TOKEN_TTL: 900 });
  });

  it('names missing and wrong variables together', () => {
    const { REDIS_URL: _, ...rest } = PRODUCTION;
    expect(faultsOf({ ...rest, PORT: 'eighty', JWT_SECRET: 'short' })).toEqual([
      'JWT_SECRET',
      'PORT',
      'REDIS_URL',
    ]);
  });

  it.each([
    ['too short', 'k7Jq'],
    ['one character over and over', 'a'.repeat(40)],
    ['a placeholder', 'please-change-me-please-change-me-now'],
    ['a word of the manual', 'your-secret-of-at-least-32-bytes-here'],
  ])('S62 refuses a JWT_SECRET that is %s', (_what, weak) => {
    expect(faultsOf({ ...PRODUCTION, JWT_SECRET: weak })).toEqual(['JWT_SECRET']);
  });

  it('looks only at the length outside production', () => {
    const shared = { MONGODB_URI: PRODUCTION.MONGODB_URI, MASTER_KEY };
    expect(faultsOf({ ...shared, JWT_SECRET: 'a'.repeat(32) })).toEqual([]);
    expect(faultsOf({ ...shared, JWT_SECRET: 'a'.repeat(31) })).toEqual(['JWT_SECRET']);
  });

  it('S62 refuses one secret for both purposes', () => {
    expect(faultsOf({ ...PRODUCTION, MASTER_KEY: JWT_SECRET })).toEqual(['JWT_SECRET']);
  });

  it('takes former master keys, as strong as the current one', () => {
    const former = ['n8VfT3qYb1KzR6wX0cLmJ5sDhG9pUe2A', 'Yb1KzR6wX0cLmJ5sDhG9pUe2An8VfT3q'];
    const rotated = { ...PRODUCTION, MASTER_KEY_PREVIOUS: former.join(', ') };
    expect(readEnv(rotated).MASTER_KEY_PREVIOUS).toEqual(former);
    expect(readEnv(PRODUCTION).MASTER_KEY_PREVIOUS).toEqual([]);
    for (const weak of ['short', 'a'.repeat(40)]) {
      expect(new Set(faultsOf({ ...PRODUCTION, MASTER_KEY_PREVIOUS: `${former[0] ?? ''},${weak}` }))).toEqual(
        new Set(['MASTER_KEY_PREVIOUS']),
      );
    }
  });

  it('refuses a provider without TLS in production, and takes one in development', () => {
    expect(faultsOf({ ...PRODUCTION, ULTRAVOX_BASE_URL: 'http://provider.example' })).toEqual([
      'ULTRAVOX_BASE_URL',
    ]);
    expect(faultsOf({ ULTRAVOX_BASE_URL: 'http://127.0.0.1:4100' })).toEqual([]);
  });

  it('asks for the secrets as soon as a database is shared', () => {
    expect(faultsOf({ MONGODB_URI: PRODUCTION.MONGODB_URI })).toEqual(['JWT_SECRET', 'MASTER_KEY']);
  });

  it('reads networks, and single addresses as such', () => {
    const { WEBHOOK_ALLOWED_ADDRESSES: networks } = readEnv({
      WEBHOOK_ALLOWED_ADDRESSES: '10.0.0.0/8, 127.0.0.1,::1',
    });
    expect(networks.map(([address, bits]) => `${address.toString()}/${bits}`)).toEqual([
      '10.0.0.0/8',
      '127.0.0.1/32',
      '::1/128',
    ]);
    for (const wrong of ['localhost', '10.0.0.0/40', '10.0.0.0/8,all'])
      expect(faultsOf({ WEBHOOK_ALLOWED_ADDRESSES: wrong })).toEqual(['WEBHOOK_ALLOWED_ADDRESSES']);
  });

  it('reads durations', () => {
    expect(readEnv({ ACCESS_TOKEN_TTL: '90s' }).ACCESS_TOKEN_TTL).toBe(90);
    expect(readEnv({ ACCESS_TOKEN_TTL: '2h' }).ACCESS_TOKEN_TTL).toBe(7200);
    expect(faultsOf({ ACCESS_TOKEN_TTL: '15 minutes' })).toEqual(['ACCESS_TOKEN_TTL']);
  });
});
