import { describe, expect, it } from '@jest/globals';
import { allowsDestination, destinationOf, isDestinationName } from './phone-destination.js';

describe('Where a phone number leads', () => {
  it.each([
    ['+4915112345678', 'DE'],
    ['+12025550100', 'US'],
    ['+16135550123', 'CA'],
    ['+18765551234', 'JM'],
    ['+18095551234', 'DO'],
    ['+77012345678', 'KZ'],
    ['+79161234567', 'RU'],
    ['+442071838750', 'GB'],
    ['+447797712345', 'JE'],
    ['+447781123456', 'GG'],
    ['+447624412345', 'IM'],
    ['+390669812345', 'VA'],
    ['+870773111632', '+870'],
    ['+881612345678', '+881'],
    ['+88213312345', '+882'],
    ['+883510012345', '+883'],
    ['+979123456789', '+979'],
    ['+15555550100', null],
    ['+999123456789', null],
    ['+990123456789', null],
  ])('%s leads to %s', (number, country) => {
    expect(destinationOf(number).country).toBe(country);
  });

  it.each(['+19005551234', '+499001234567', '+447012345678', '+979123456789', '+12425551234'])(
    '%s has a price that its own carrier may not know',
    number => {
      expect(destinationOf(number).isOrdinary).toBe(false);
    },
  );

  it('is told in the one form that carriers agree on', () => {
    expect(destinationOf('+4902011234567').international).toBe('+492011234567');
    expect(destinationOf('+492011234567').international).toBe('+492011234567');
  });

  it.each([
    [['DE'], '+4915112345678', true],
    [['DE'], '+12025550100', false],
    [['DE'], '+499001234567', false],
    [['DE:premium'], '+499001234567', true],
    [['DE:premium'], '+4915112345678', false],
    [['US'], '+18765551234', false],
    [['US'], '+15555550100', false],
    [['GB'], '+447797712345', false],
    [['RU'], '+77012345678', false],
    [['US', 'DE'], '+881612345678', false],
    [['+881'], '+881612345678', true],
    [['+881'], '+870773111632', false],
    [[], '+4915112345678', false],
  ])('%j allows %s: %s', (names, number, isAllowed) => {
    expect(allowsDestination(names, destinationOf(number))).toBe(isAllowed);
  });

  it('has names: countries, their premium numbers, and calling codes of no country', () => {
    expect(['DE', 'GG', 'US:premium', '+870', '+979'].every(isDestinationName)).toBe(true);
    expect(['de', 'XX', 'EU', '+49', '+1', ':premium', 'DE:', '', '*'].some(isDestinationName)).toBe(false);
  });
});
