import type { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { type AddressFault, addressFault } from './receiver-address.js';

/** Asks DNS for the names of receivers. Not the system's resolver: that one blocks threads which others need. */
export const RECEIVER_DNS = Symbol('ReceiverDns');

/** How long the names of a receiver may take to be resolved. */
const RESOLVE_WITHIN_MS = 5000;

/** An address of a receiver, as sockets take it. */
export interface ReceiverAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** The receiver has an address that it may not have: nothing was sent. */
export class ForbiddenReceiverError extends Error {
  constructor(readonly fault: AddressFault) {
    super(`The receiver has a forbidden ${fault}`);
    this.name = 'ForbiddenReceiverError';
  }
}

/** The name of the receiver leads nowhere, for now at least. */
export class UnresolvedReceiverError extends Error {
  constructor() {
    super('The name of the receiver cannot be resolved');
    this.name = 'UnresolvedReceiverError';
  }
}

/** Finds out where a receiver is, and whether the server may send there. */
@Injectable()
export class ReceiverAddresses {
  constructor(
    @Inject(RECEIVER_DNS) private readonly dns: Resolver,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /**
   * All addresses of a receiver, each of which was checked: whoever connects must connect to one of these, since a name
   * may lead elsewhere the next time.
   * @throws ForbiddenReceiverError when any of them is not public; UnresolvedReceiverError when there is none.
   */
  async of({ hostname, protocol, port }: URL): Promise<readonly ReceiverAddress[]> {
    const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
    const addresses = isIP(host) ? [host] : await this.resolve(host);
    const number = Number(port || (protocol === 'https:' ? 443 : 80));
    for (const address of addresses) {
      const fault = addressFault(address, number, this.settings.WEBHOOK_ALLOWED_ADDRESSES);
      if (fault) throw new ForbiddenReceiverError(fault);
    }
    return addresses.map(address => ({ address, family: isIP(address) === 6 ? 6 : 4 }));
  }

  private async resolve(name: string): Promise<readonly string[]> {
    // RFC 6761: these names are the machine itself, whatever DNS says.
    if (/(^|\.)localhost$/i.test(name)) return ['127.0.0.1'];
    const answers = Promise.allSettled([this.dns.resolve4(name), this.dns.resolve6(name)]);
    const inTime = await Promise.race([answers, late()]);
    const addresses = inTime.flatMap(answer => (answer.status === 'fulfilled' ? answer.value : []));
    if (addresses.length === 0) throw new UnresolvedReceiverError();
    return addresses;
  }
}

async function late(): Promise<[]> {
  return new Promise(resolve => {
    setTimeout(() => {
      resolve([]);
    }, RESOLVE_WITHIN_MS).unref();
  });
}
