import { domainToASCII } from 'node:url';
import { normalForm } from '../validation/normal-form.js';

/** Providers that deliver an address with dots in its local part to the mailbox without them. */
const DOTLESS: Readonly<Record<string, string>> = { 'gmail.com': 'gmail.com', 'googlemail.com': 'gmail.com' };

/** Providers whose tags begin with a hyphen. */
const HYPHEN_TAGS = /^(yahoo|ymail|rocketmail)\./;

/**
 * The mailbox that an address most likely leads to, for counting mails alone: never for telling people apart, and never
 * for sending. Case and a tag after `+` count for nothing, whatever the domain; dots count for nothing where the
 * provider is known to ignore them.
 */
export function mailboxOf(address: string): string {
  const at = address.lastIndexOf('@');
  const local = normalForm(address.slice(0, Math.max(at, 0)), 'NFKC').toLowerCase();
  const typed = address
    .slice(at + 1)
    .toLowerCase()
    .replace(/\.$/, '');
  const ascii = domainToASCII(typed) || typed;
  const domain = DOTLESS[ascii] ?? ascii;
  const untagged = beforeTag(local, '+');
  if (DOTLESS[ascii]) return `${untagged.replaceAll('.', '')}@${domain}`;
  return `${HYPHEN_TAGS.test(domain) ? beforeTag(untagged, '-') : untagged}@${domain}`;
}

/** An address that begins with the mark has no tag: nothing would be left of it. */
function beforeTag(local: string, mark: string): string {
  const start = local.indexOf(mark);
  return start > 0 ? local.slice(0, start) : local;
}
