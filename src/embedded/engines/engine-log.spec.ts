import { describe, expect, it } from '@jest/globals';
import { tellingLine, tellsTakenPort } from './engine-log.js';

const MONGOD_LOG = [
  '{"s":"I","msg":"Starting","attr":{}}',
  '{"s":"E","msg":"Error setting up listener","attr":{"error":{"code":9001,"errmsg":"Address already in use"}}}',
  '{"s":"I","msg":"Now exiting","attr":{}}',
  '',
].join('\n');

describe('tellingLine', () => {
  it("is mongod's last error, in words", () => {
    expect(tellingLine(MONGOD_LOG)).toBe('Error setting up listener: Address already in use');
  });

  it('is the last line that speaks of a failure', () => {
    expect(tellingLine('# Failed listening on port 1\n* bye\n')).toBe('# Failed listening on port 1');
  });

  it('is the last line where none speaks of a failure', () => {
    expect(tellingLine('one\ntwo\n')).toBe('two');
  });

  it('says so when there is nothing', () => {
    expect(tellingLine('')).toBe('its log is empty');
  });
});

it('a taken port is recognised in the words of both engines', () => {
  expect(tellsTakenPort(MONGOD_LOG)).toBe(true);
  expect(tellsTakenPort('Could not create server TCP listening socket: bind: Address already in use')).toBe(
    true,
  );
  expect(tellsTakenPort('Permission denied')).toBe(false);
});
