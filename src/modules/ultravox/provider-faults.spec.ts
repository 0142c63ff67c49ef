import { describe, expect, it } from '@jest/globals';
import { noAnswer, refusalOf, retryAfterSeconds } from './provider-faults.js';
import { redirectOf } from './redirects.js';

const refusal = (status: number, text = '', owner: 'tenant' | 'platform' = 'tenant') =>
  refusalOf({
    status,
    text,
    owner,
    retryAfter: undefined,
    date: undefined,
    body: { voice: 'Zaphod', medium: {} },
  });

describe('Retry-After', () => {
  const plain = (header: string | undefined, date?: string) => retryAfterSeconds(header, date, () => 0);

  it('is read as seconds, with fractions too, and as a date', () => {
    expect(plain('7')).toBe(7);
    expect(plain('1.5')).toBe(1.5);
    expect(plain(new Date(Date.now() + 60_000).toUTCString())).toBeGreaterThan(55);
    expect(plain(new Date(Date.now() - 60_000).toUTCString())).toBe(0);
  });

  it('is compared with the clock that it comes from, where the answer tells it', () => {
    expect(plain('Fri, 01 Mar 2024 12:00:42 GMT', 'Fri, 01 Mar 2024 12:00:00 GMT')).toBe(42);
    expect(plain(new Date(Date.now() + 60_000).toUTCString(), 'today')).toBeGreaterThan(55);
  });

  it('is at most five minutes, and spread', () => {
    expect(plain('86400')).toBe(300);
    expect(retryAfterSeconds('10', undefined, () => 1)).toBe(12);
  });

  it.each([undefined, '', 'soon', 'Infinity'])('is nothing when it is %s', header => {
    expect(plain(header)).toBeNull();
  });
});

describe('A refusal', () => {
  it.each([
    [400, 'rejected'],
    [401, 'rejected'],
    [403, 'rejected'],
    [404, 'unknown-call'],
    [422, 'not-live'],
    [425, 'not-ready'],
    [429, 'busy'],
    [503, 'busy'],
    [500, 'no-answer'],
    [502, 'no-answer'],
    [418, 'rejected'],
    [302, 'rejected'],
  ])('%d is %s', (status, fault) => {
    expect(refusal(status)).toMatchObject({ fault, isOutage: fault === 'no-answer' });
  });

  it('says whose key was refused, and who can do something', () => {
    expect(refusal(401).message).toContain('an admin has to set a new one in the settings of the tenant');
    expect(refusal(401, '', 'platform').message).toContain('operator');
  });

  it('names fields that were sent, and nothing else of what was answered', () => {
    const text = JSON.stringify({ voice: ['No voice "+4915112345678"'], secret: ['x'], medium: {} });
    expect(refusal(400, text).message).toBe(
      'The voice provider refused the request (400): it does not accept voice, medium.',
    );
    for (const other of ['', '<html>', '[]', 'null', '{"detail":"+4915112345678"}']) {
      expect(refusal(400, other).message).toBe('The voice provider refused the request (400).');
    }
  });
});

describe('No answer', () => {
  it('means that nothing has happened only where the provider was not even reached', () => {
    expect(noAnswer(Object.assign(new Error(), { code: 'ECONNREFUSED' })).fault).toBe('busy');
    expect(noAnswer(Object.assign(new Error(), { code: 'UND_ERR_CONNECT_TIMEOUT' })).fault).toBe('busy');
    expect(noAnswer(Object.assign(new Error(), { code: 'ECONNRESET' })).fault).toBe('no-answer');
    expect(noAnswer(new DOMException('late', 'TimeoutError')).fault).toBe('no-answer');
  });

  it('keeps addresses out of its words', () => {
    const error = noAnswer(Object.assign(new Error('connect ECONNREFUSED 10.0.0.7:443'), { code: 'x' }));
    expect(error.message).not.toContain('10.0.0.7');
    expect((error.cause as Error).message).toContain('10.0.0.7');
  });
});

describe('A redirect', () => {
  const follow = (from: string, location: string, hops = 0) => redirectOf(new URL(from), location, hops).href;

  it('is followed to http and https, relative too, a few times', () => {
    expect(follow('https://a.example/x', 'https://b.example/y?z')).toBe('https://b.example/y?z');
    expect(follow('https://a.example/x', '/y')).toBe('https://a.example/y');
    expect(follow('http://a.example/x', 'http://b.example/y', 2)).toBe('http://b.example/y');
  });

  it.each([
    ['https://a.example/x', 'http://a.example/y', 0],
    ['https://a.example/x', 'file:///etc/passwd', 0],
    ['http://a.example/x', 'ftp://a.example/y', 0],
    ['http://a.example/x', 'data:audio/wav;base64,', 0],
    ['http://a.example/x', 'http://', 0],
    ['http://a.example/x', '/y', 3],
  ])('from %s to %s after %d others is not', (from, location, hops) => {
    expect(() => follow(from, location, hops)).toThrow('is not followed');
  });
});
