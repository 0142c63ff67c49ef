import { Inject, Injectable } from '@nestjs/common';
import { TextSigner } from '../config/master-keys.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import { badInput } from '../errors/domain-error.js';
import { TenantContext } from '../tenancy/tenant-context.js';

export type CursorValues = readonly (string | number)[];

const MAC_BYTES = 9;

/**
 * Opaque cursors: a list's name and a position in it, signed for one tenant. A cursor that was forged, changed,
 * or made for another list or tenant is refused, not read.
 */
@Injectable()
export class CursorCodec {
  private readonly signer: TextSigner;

  constructor(
    @Inject(SETTINGS) settings: Settings,
    private readonly context: TenantContext,
  ) {
    this.signer = new TextSigner(settings, 'cursor', MAC_BYTES);
  }

  write(list: string, values: CursorValues): string {
    const body = Buffer.from(JSON.stringify(values));
    return Buffer.concat([this.signer.sign(this.bound(list, body)), body]).toString('base64url');
  }

  /** @throws DomainError BAD_USER_INPUT naming `argument`. */
  read(list: string, cursor: string, argument = 'after'): CursorValues {
    const bytes = Buffer.from(cursor.slice(0, 500), 'base64url');
    const body = bytes.subarray(MAC_BYTES);
    const mac = bytes.subarray(0, MAC_BYTES);
    if (!this.signer.isGenuine(this.bound(list, body), mac)) {
      throw badInput({ [argument]: 'is not a cursor of this list' });
    }
    return JSON.parse(body.toString()) as CursorValues;
  }

  private bound(list: string, body: Buffer): Buffer {
    return Buffer.concat([Buffer.from(`${this.context.tenant.id.toHexString()}\0${list}\0`), body]);
  }
}
