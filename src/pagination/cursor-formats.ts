import { createCipheriv, type CipherKey } from 'node:crypto';
import { derivedKeys, type MasterKeys, TextSigner } from '../config/master-keys.js';

/** Whose cursor, and of which list. */
export interface CursorOwner {
  /** The tenant's id in hex. */
  readonly tenant: string;
  readonly list: string;
}

/** What a cursor says to its owner; `foreign`: it was made here, for another tenant; null: it was not made here. */
export type CursorReading = { readonly body: string } | 'foreign' | null;

/** One way of writing what a cursor says as bytes. */
export interface CursorFormat {
  read(owner: CursorOwner, cursor: Buffer): CursorReading;
}

/** Bytes that the tag of an encrypted cursor has; they are the nonce of the encryption too. */
const TAG_BYTES = 12;
/** Bytes that tell whether a cursor was made here, for whichever tenant. */
const MARK_BYTES = 6;
/** A body is filled up with blanks to a multiple of this, so that its length does not tell how large its numbers are. */
const PADDED_TO = 32;

/**
 * Encrypted cursors: tag, mark and ciphertext. The tag is a MAC over owner and body, and the nonce of the encryption
 * (a synthetic one, as in RFC 5297): the same place always has the same cursor, and another place another nonce.
 */
export class EncryptedCursors implements CursorFormat {
  private readonly keys: readonly [CipherKey, ...CipherKey[]];
  private readonly tags: TextSigner;
  private readonly marks: TextSigner;

  constructor(masterKeys: MasterKeys) {
    this.keys = derivedKeys(masterKeys, 'cursor encryption');
    this.tags = new TextSigner(masterKeys, 'cursor tag', TAG_BYTES);
    this.marks = new TextSigner(masterKeys, 'encrypted cursor mark', MARK_BYTES);
  }

  /** The bytes of a cursor. Their length depends on the kind of list, not on the place in it. */
  write(owner: CursorOwner, body: string): Buffer {
    const bytes = Buffer.from(body);
    const padded = Buffer.alloc(Math.ceil(bytes.length / PADDED_TO) * PADDED_TO, ' ');
    bytes.copy(padded);
    const tag = this.tags.sign(boundTo(owner, padded));
    const hidden = crypted(this.keys[0], tag, padded);
    return Buffer.concat([tag, this.marks.sign(marked(owner.list, tag, hidden)), hidden]);
  }

  read(owner: CursorOwner, cursor: Buffer): CursorReading {
    const tag = cursor.subarray(0, TAG_BYTES);
    const mark = cursor.subarray(TAG_BYTES, TAG_BYTES + MARK_BYTES);
    const hidden = cursor.subarray(TAG_BYTES + MARK_BYTES);
    if (tag.length < TAG_BYTES || hidden.length === 0) return null;
    for (const key of this.keys) {
      const body = crypted(key, tag, hidden);
      if (this.tags.isGenuine(boundTo(owner, body), tag)) return { body: body.toString() };
    }
    return this.marks.isGenuine(marked(owner.list, tag, hidden), mark) ? 'foreign' : null;
  }
}

const SIGNED_MAC_BYTES = 9;

/** The first format, which is only read by now: signed and marked, but open. Clients may keep such cursors for long. */
export class SignedCursors implements CursorFormat {
  private readonly signer: TextSigner;
  private readonly marks: TextSigner;

  constructor(masterKeys: MasterKeys) {
    this.signer = new TextSigner(masterKeys, 'cursor', SIGNED_MAC_BYTES);
    this.marks = new TextSigner(masterKeys, 'cursor mark', MARK_BYTES);
  }

  read(owner: CursorOwner, cursor: Buffer): CursorReading {
    const mac = cursor.subarray(0, SIGNED_MAC_BYTES);
    const mark = cursor.subarray(SIGNED_MAC_BYTES, SIGNED_MAC_BYTES + MARK_BYTES);
    const body = cursor.subarray(SIGNED_MAC_BYTES + MARK_BYTES);
    if (this.signer.isGenuine(boundTo(owner, body), mac)) return { body: body.toString() };
    return this.marks.isGenuine(marked(owner.list, body), mark) ? 'foreign' : null;
  }
}

/** Counter mode, which is its own inverse. */
function crypted(key: CipherKey, tag: Buffer, bytes: Buffer): Buffer {
  const counter = Buffer.concat([tag, Buffer.alloc(16 - TAG_BYTES)]);
  const cipher = createCipheriv('aes-256-ctr', key, counter);
  return Buffer.concat([cipher.update(bytes), cipher.final()]);
}

const boundTo = ({ tenant, list }: CursorOwner, body: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${tenant}\0${list}\0`), body]);

const marked = (list: string, ...parts: readonly Buffer[]): Buffer =>
  Buffer.concat([Buffer.from(`${list}\0`), ...parts]);
