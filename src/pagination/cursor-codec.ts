import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS, type Settings } from '../config/settings.js';
import { badInput, DomainError } from '../errors/domain-error.js';
import { TenantContext } from '../tenancy/tenant-context.js';
import { type CursorFormat, EncryptedCursors, SignedCursors } from './cursor-formats.js';

export type CursorValues = readonly (string | number)[];

/** Characters of a cursor that are looked at; none that was made here has more. */
const MOST_CHARACTERS = 500;

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
 * Opaque cursors: a list's name and a position in it, encrypted for one tenant. A cursor that was forged, changed,
 * or made for another list or tenant is refused, not read. A position always has the same cursor.
 */
@Injectable()
export class CursorCodec {
  private readonly encrypted: EncryptedCursors;
  private readonly formats: readonly CursorFormat[];

  constructor(
    @Inject(SETTINGS) settings: Settings,
    private readonly context: TenantContext,
  ) {
    this.encrypted = new EncryptedCursors(settings);
    this.formats = [this.encrypted, new SignedCursors(settings)];
  }

  write(list: string, values: CursorValues): string {
    return this.encrypted.write(this.ownerOf(list), JSON.stringify(values)).toString('base64url');
  }

  /** @throws DomainError BAD_USER_INPUT naming `argument`; ForeignCursorError, which reads the same. */
  read(list: string, cursor: string, argument = 'after'): CursorValues {
    const bytes = Buffer.from(cursor.slice(0, MOST_CHARACTERS), 'base64url');
    // Node skips characters that are no base64url.
    if (bytes.toString('base64url') !== cursor) throw badInput({ [argument]: REFUSAL });
    const owner = this.ownerOf(list);
    const readings = this.formats.map(format => format.read(owner, bytes));
    for (const reading of readings)
      if (reading !== null && reading !== 'foreign') return JSON.parse(reading.body) as CursorValues;
    if (readings.includes('foreign')) throw new ForeignCursorError(list, argument);
    throw badInput({ [argument]: REFUSAL });
  }

  private ownerOf(list: string) {
    return { tenant: this.context.tenant.id.toHexString(), list };
  }
}
