import { randomBytes } from 'node:crypto';
import { Belongings } from './belongings.js';

/** Somebody of one of the doctor's two tenants, or a stranger to it. */
export interface Seat {
  readonly side: Side;
  /** Who of the tenant it is, as the report names him. */
  readonly role: string;
  /** Sent as `Authorization: Bearer`; null: a stranger. */
  readonly token: string | null;
  /** Names the tenant where the token does not, or names another one. */
  readonly subdomain: string | null;
}

/** Something that came from the server. */
export interface Received {
  readonly where: string;
  readonly text: string;
}

/** One of the two tenants: what it has, and the word that stands in every text of it. */
export class Side {
  readonly belongings: Belongings;
  /** Everything that was received in its name, as it came. */
  readonly received: Received[] = [];
  readonly subdomain = `d-${randomBytes(8).toString('hex')}`;
  /** Nothing else in the world holds it; of letters alone, so that a search could find it. */
  readonly word = `zyz${letters(10)}`;
  /** How many texts hold the word. */
  planted = 0;

  /** The address of its first admin: unlike all other texts it may be typed by the other side. */
  get email(): string {
    return `admin@${this.subdomain}.example`;
  }

  constructor(url: string) {
    this.belongings = new Belongings(url);
  }

  /** A text that no other field holds. */
  canary(): string {
    this.planted += 1;
    return `${this.word}${letters(6)}`;
  }
}

/** Random letters of the alphabet. */
export function letters(count: number): string {
  return [...randomBytes(count)].map(byte => String.fromCharCode(97 + (byte % 26))).join('');
}
