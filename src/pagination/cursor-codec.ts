import { Inject, Injectable } from '@nestjs/common';
import { TextSigner } from '../config/master-keys.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import { badInput, DomainError } from '../errors/domain-error.js';
import { TenantContext } from '../tenancy/tenant-context.js';

export type CursorValues = readonly (string | number)[];

const MAC_BYTES = 9;
/** Tells whose cursor was refused: one that we gave out ourselves, but to another tenant. */
const MARK_BYTES = 6;

/** A cursor that is genuine and another tenant's: told like a forged one, and put on record. */
export class ForeignCursorError extends DomainError {
  constructor(
    readonly list: string,
    argument: string,
  ) {
    const { message, details } = badInput({ [argument]: REFUSAL });
    super('BAD_USER_INPUT', message, details);
  }
}

const REFUSAL = 'is not a cursor of this list';

/**
 * Opaque cursors: a list's name and a position in it, signed for one tenant. A cursor that was forged, changed,
 * or made for another list or tenant is refused, not read.
 */
@Injectable()
export class CursorCodec {
  private readonly signer: TextSigner;
  private readonly marker: TextSigner;

  constructor(
    @Inject(SETTINGS) settings: Settings,
    private readonly context: TenantContext,
  ) {
    this.signer = new TextSigner(settings, 'cursor', MAC_BYTES);
    this.marker = new TextSigner(settings, 'cursor mark', MARK_BYTES);
  }

  write(list: string, values: CursorValues): string {
    const body = Buffer.from(JSON.stringify(values));
    const mac = this.signer.sign(this.bound(list, body));
    return Buffer.concat([mac, this.marker.sign(marked(list, body)), body]).toString('base64url');
  }

  /** @throws DomainError BAD_USER_INPUT naming `argument`; ForeignCursorError, which reads the same. */
  read(list: string, cursor: string, argument = 'after'): CursorValues {
    const bytes = Buffer.from(cursor.slice(0, 500), 'base64url');
    const body = bytes.subarray(MAC_BYTES + MARK_BYTES);
    if (!this.signer.isGenuine(this.bound(list, body), bytes.subarray(0, MAC_BYTES))) {
      const mark = bytes.subarray(MAC_BYTES, MAC_BYTES + MARK_BYTES);
      if (this.marker.isGenuine(marked(list, body), mark)) throw new ForeignCursorError(list, argument);
      throw badInput({ [argument]: REFUSAL });
    }
    return JSON.parse(body.toString()) as CursorValues;
  }

  private bound(list: string, body: Buffer): Buffer {
    return Buffer.concat([Buffer.from(`${this.context.tenant.id.toHexString()}\0${list}\0`), body]);
  }
}

const marked = (list: string, body: Buffer): Buffer => Buffer.concat([Buffer.from(`${list}\0`), body]);
