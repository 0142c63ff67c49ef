import { describe, expect, it } from '@jest/globals';
import {
  emailAddress,
  flatText,
  httpsUrl,
  jsonByName,
  line,
  nameLine,
  newPassword,
  searchText,
  text,
  typedPassword,
} from './rules.js';

const LOGO_TAG = '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}';

describe('A text that is too long', () => {
  const marks = '\u0301\u0316'.repeat(400_000);

  // Each would take minutes to be brought into a normal form.
  it.each([
    ['name', line(100), `a${marks}`],
    ['text', text(100), `a${marks}`],
    ['search', searchText(100), `a${marks}`],
    ['new password', newPassword, `a${marks}`],
    ['typed password', typedPassword, `a${marks}`],
    ['address of the web', httpsUrl, `https://a${marks}`],
    ['e-mail address', emailAddress, `a@a${marks}`],
  ])('is refused as such before anything else of the %s is looked at', (_what, rule, value) => {
    const { error } = rule.safeParse(value);
    expect(error?.issues.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^(must have at most \d+ characters|is too long)$/),
    ]);
  });
});

describe('A name', () => {
  it.each([
    ['a space without width', '\u200b'],
    ['an empty Braille cell', '\u2800'],
    ['a Hangul filler', '\u3164'],
    ['a soft hyphen', '\u00ad'],
    ['joiners', '\u200c\u200d'],
    ['tags', '\u{e0041}\u{e0042}'],
    ['a variation selector', '\ufe0f'],
    ['a note without a head', '\u{1d159}'],
    ['marks of direction', '\u200e\u200f\u061c'],
    ['marks and spaces', ' \u2800\u200b\u3000 '],
    ['something private', '\ue000'],
  ])('of %s alone is refused', (_what, value) => {
    expect(line(100).safeParse(value).success).toBe(false);
    expect(text(100).safeParse(value).success).toBe(false);
  });

  it.each(['\u202a', '\u202b', '\u202c', '\u202d', '\u202e', '\u2066', '\u2067', '\u2068', '\u2069'])(
    'with the control of direction %j is refused',
    control => {
      expect(line(100).safeParse(`Acme${control}tset`).success).toBe(false);
    },
  );

  it.each([
    'Acme',
    'שלום עולם',
    'مرحبا \u200fبك',
    'می\u200cخواهم',
    'हिन्दी',
    '👩\u200d💻',
    '❤\ufe0f',
    '1\ufe0f\u20e3',
    LOGO_TAG,
    '✔',
    '-',
    'co\u00adop',
  ])('%j stays as it is', value => {
    expect(line(100).parse(value)).toBe(value);
  });
});

describe('An e-mail address', () => {
  it.each([
    ['user@xn--h1alffa9f.xn--p1ai', 'user@xn--h1alffa9f.xn--p1ai'],
    ['a&b@x.example', 'a&b@x.example'],
    ["o'neill+{tag}/x=y!#$%*?^_`|~@mail.example", "o'neill+{tag}/x=y!#$%*?^_`|~@mail.example"],
    [' User@Example.COM ', 'user@example.com'],
    ['user@пример.рф', 'user@xn--e1afmkfd.xn--p1ai'],
    ['user@BÜCHER.example', 'user@xn--bcher-kva.example'],
    ['user@例え.jp', 'user@xn--r8jz45g.jp'],
    ['a..b@x.example', 'a..b@x.example'],
  ])('%s is taken as %s', (sent, taken) => {
    expect(emailAddress.parse(sent)).toBe(taken);
  });

  it.each([
    'nobody',
    '@x.example',
    'a@',
    'a@x..example',
    'a@-x.example',
    'a b@x.example',
    'a@x.example\r\nBcc: b@y.example',
    'a@x.example\n',
    'a,b@x.example',
    'a<b@x.example',
    '"a"@x.example',
    'a@[127.0.0.1]',
    'a@x.example:25',
    'a@exämple.com/path',
    'a@exämple.com:80',
    'ünï@x.example',
    '\u212aelvin@x.example',
    `${'a'.repeat(250)}@x.example`,
    'a@b@c.example ü',
  ])('%j is refused, or ends where its last character does', value => {
    const parsed = emailAddress.safeParse(value);
    if (value.endsWith('\n') && !value.includes('Bcc')) expect(parsed.data).toBe('a@x.example');
    else expect(parsed.success).toBe(false);
  });
});

describe('Flat text', () => {
  it.each(['a.b', '.', '$a', '', 'k'.repeat(101), 'ultravox.x'])(
    'with the key %j is refused by the key, with the rule for keys',
    key => {
      const { error } = flatText.safeParse({ ok: 'x', [key]: 'x' });
      expect(error?.issues).toMatchObject([
        { path: [key], message: expect.stringMatching(/a key has 1 to 100 characters, no dot/) },
      ]);
    },
  );

  it.each<[unknown]>([
    [null],
    ['x'],
    [['x']],
    [{ a: 1 }],
    [{ a: { b: 'c' } }],
    [{ __proto__: null, toJSON: 'x' }],
  ])('%j is refused', value => {
    expect(flatText.safeParse(value).success).toBe(false);
  });

  it('of any other keys stays as it is', () => {
    const value = { имя: 'x', 'a b': '\u0000', 'k-_/:$': '', '1': 'y' };
    expect(flatText.parse(value)).toEqual(value);
  });
});

describe('JSON by name', () => {
  it.each<[string, unknown, (string | number)[]]>([
    ['a type of the database', { a: { b: [{ _bsontype: 'x' }] } }, ['a', 'b', '0', '_bsontype']],
    ['an operator', { a: { $set: 1 } }, ['a', '$set']],
    ['a name with braces', { 'a{b': 1 }, ['a{b']],
    ['a name with $', { $gt: '' }, ['$gt']],
  ])('with %s is refused by its path', (_what, value, path) => {
    expect(jsonByName(1000).safeParse(value).error?.issues).toMatchObject([{ path }]);
  });

  it('is bounded in its characters as JSON', () => {
    expect(jsonByName(20).safeParse({ a: 'x'.repeat(20) }).success).toBe(false);
    expect(jsonByName(20).parse({ a: 'x'.repeat(10) })).toEqual({ a: 'x'.repeat(10) });
  });
});

describe('The name of a tenant or a person', () => {
  it.each([
    'go to https://evil.example/login now',
    'see www.evil.example',
    'WWW\u3002evil',
    'evil.example/login',
    'Evil.Co.uk:8080/x',
    'пример.рф/вход',
    'bücher.xn--p1ai?x',
    'hxxp\uff1a\uff0f\uff0fevil',
    '203.0.113.9/x',
    'ftp:\\\\evil',
  ])('holds no address of the web: %s', name => {
    expect(nameLine(100).safeParse(name).error?.issues[0]?.message).toBe(
      'must not hold an address of the web',
    );
  });

  it.each([
    'ACME Inc.',
    'Booking.com',
    'J.R.R. Tolkien',
    'Müller/Meier GmbH',
    'A/B c.o.',
    '24/7 Dr. No',
    'v1.2/3',
    'Dr.No: the firm',
    '7:30 Uhr',
  ])('may be %s', name => {
    expect(nameLine(100).parse(name)).toBe(name);
  });
});
