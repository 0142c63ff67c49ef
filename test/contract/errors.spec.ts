import { describe, expect, it } from '@jest/globals';
import { CloseCode } from 'graphql-ws';
import { CLOSINGS, LOSS_CLOSINGS, refusedClosing } from '../../src/entry/sockets/close-codes.js';
import { ERROR_CODES } from '../../src/errors/error-codes.js';
import { generatedFile, table } from '../kit/generated-file.js';

/** The codes that clients outside this repository rely on: never renamed, never removed. */
const PROMISED = [
  'BAD_USER_INPUT',
  'CONFLICT',
  'CURSOR_EXPIRED',
  'FORBIDDEN',
  'IDEMPOTENCY_CONFLICT',
  'INTERNAL',
  'NOT_FOUND',
  'PROVIDER_REJECTED',
  'PROVIDER_UNAVAILABLE',
  'QUERY_TOO_COMPLEX',
  'QUOTA_EXCEEDED',
  'RATE_LIMITED',
  'TENANT_INACTIVE',
  'TENANT_MISMATCH',
  'TENANT_NOT_FOUND',
  'UNAUTHENTICATED',
  'UNAVAILABLE',
];

/** On these codes graphql-ws's client gives up. */
const FATAL = [1002, 1008, 1009, 4400, 4401, 4406, 4409, 4429, 4500];

/** What the protocol itself closes with, and when. */
const PROTOCOL: readonly (readonly [code: CloseCode | number, when: string])[] = [
  [1009, 'A message is larger than 1 MB, or has more values or levels than [allowed](limits.md).'],
  [CloseCode.InternalServerError, 'Something went wrong here; the log knows what.'],
  [CloseCode.BadRequest, 'A message that is not one of the protocol.'],
  [CloseCode.Unauthorized, 'An operation before `connection_init` was answered.'],
  [CloseCode.ConnectionInitialisationTimeout, 'No `connection_init` within 3 s.'],
  [CloseCode.SubscriberAlreadyExists, 'An operation with the id of one that is still running.'],
  [CloseCode.TooManyInitialisationRequests, 'A second `connection_init`.'],
];

const comesBack = (code: number) => (FATAL.includes(code) ? 'no' : 'yes');

describe('Error codes', () => {
  it('are exactly those that were promised', () => {
    expect(Object.keys(ERROR_CODES).sort()).toEqual(PROMISED);
  });

  it('are documented as they are', async () => {
    const rows = Object.entries(ERROR_CODES).map(([code, { meaning, retryable, httpStatus }]) => [
      `\`${code}\``,
      meaning,
      retryable ? 'yes' : 'no',
      String(httpStatus),
    ]);
    const { committed, current } = await generatedFile(
      'docs/errors.md',
      `# Errors

Every error has \`extensions.code\`, one of the codes below, and \`extensions.requestId\`, which finds it in the log and is
also the answer's \`X-Request-Id\`. Where they apply there are \`extensions.fields\`, from the path of an argument to what
is wrong with it (\`{ "input.email": "is not an e-mail address" }\`), \`extensions.retryAfterSeconds\`, and
\`extensions.firstAvailableCursor\`. Codes never change their names; messages are for people and may change.

The status is what plain HTTP answers carry, and refused requests of clients that accept
\`application/graphql-response+json\`. Operations that were executed are answered with 200.

${table(['Code', 'Meaning', 'Same request may work later', 'Status'], rows)}

This file is made from the code: run the tests with \`UPDATE_DOCS=1\` after a change.
`,
    );
    expect(committed).toBe(current);
  });
});

describe('Close codes of sockets', () => {
  const own = [...Object.entries(CLOSINGS), ...Object.entries(LOSS_CLOSINGS)];

  it('let clients come back wherever that helps, and only there', () => {
    const returning = own.filter(([, { code }]) => !FATAL.includes(code)).map(([name]) => name);
    expect(returning.sort()).toEqual([
      'draining',
      'expired',
      'fault',
      'role-changed',
      'slowReader',
      'tooMany',
    ]);
    expect(refusedClosing('TENANT_MISMATCH')).toEqual({ code: 4401, reason: 'TENANT_MISMATCH' });
    expect(refusedClosing('RATE_LIMITED')).toEqual(CLOSINGS.tooMany);
  });

  it('are documented as they are', async () => {
    const rows = [
      ...own.map(([, { code, reason }]) => [code, reason] as const),
      [
        4401,
        '`TENANT_NOT_FOUND`, `TENANT_INACTIVE` or `TENANT_MISMATCH`: the socket was not admitted',
      ] as const,
      ...PROTOCOL,
    ]
      .sort(([a], [b]) => a - b)
      .map(([code, when]) => [String(code), when, comesBack(code)]);
    const { committed, current } = await generatedFile(
      'docs/close-codes.md',
      `# Close codes of sockets

How the server closes GraphQL sockets, and whether the client of graphql-ws comes back by itself. Whoever comes back
subscribes \`after\` the last cursor that it has seen, and misses nothing.

${table(['Code', 'Reason', 'The client comes back'], rows)}

A handshake is refused with plain HTTP: 400 without the subprotocol \`graphql-transport-ws\`, 403 for a page of another
origin, 404 for another path, 503 while the server stops.

This file is made from the code: run the tests with \`UPDATE_DOCS=1\` after a change.
`,
    );
    expect(committed).toBe(current);
  });
});
