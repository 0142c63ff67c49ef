import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { badInput } from '../../errors/domain-error.js';
import { type AddressFault, RECEIVER_PORTS } from './receiver-address.js';
import { ForbiddenReceiverError, ReceiverAddresses } from './receiver-addresses.js';

const REASONS: Readonly<Record<AddressFault, string>> = {
  address: 'must lead to a public address',
  port: `must have one of the ports ${RECEIVER_PORTS.join(', ')}`,
};

/** Checks the URLs of receivers when they are saved; each delivery checks the addresses again. */
@Injectable()
export class ReceiverUrl {
  constructor(
    private readonly addresses: ReceiverAddresses,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /**
   * The URL as it is stored. A name that cannot be resolved now is taken, since it may be later.
   * @throws DomainError BAD_USER_INPUT for one that may not be sent to.
   */
  async accept(text: string): Promise<string> {
    const url = URL.canParse(text) ? new URL(text) : null;
    const fault = url ? (this.faultOf(url) ?? (await this.faultOfAddress(url))) : 'must be a URL';
    if (!url || fault !== null) throw badInput({ 'input.url': fault ?? '' });
    url.hash = '';
    return url.href;
  }

  private faultOf({ protocol, username, password, hostname }: URL): string | null {
    const { isProduction } = this.settings;
    if (protocol !== 'https:' && (isProduction || protocol !== 'http:'))
      return isProduction ? 'must be an https URL' : 'must be an http or https URL';
    if (username !== '' || password !== '') return 'must not hold a user name or password';
    return hostname === '' ? 'must name a host' : null;
  }

  private async faultOfAddress(url: URL): Promise<string | null> {
    try {
      await this.addresses.of(url);
      return null;
    } catch (error) {
      if (error instanceof ForbiddenReceiverError) return REASONS[error.fault];
      return url.port === '' || RECEIVER_PORTS.includes(Number(url.port)) ? null : REASONS.port;
    }
  }
}
