import { Inject, Injectable } from '@nestjs/common';
import { TextSigner } from '../config/master-keys.js';
import { SETTINGS, type Settings } from '../config/settings.js';

/** What a link leads to: the first part of its path. A link for one is none for another. */
export type LinkPurpose = 'recordings' | 'exports';

/** A link and when it ends. */
export interface SignedLink {
  readonly url: string;
  readonly expiresAt: Date;
}

/** Links to this server that work without a credential, for whoever has one, until they expire. */
@Injectable()
export class SignedLinks {
  private readonly signers: Readonly<Record<LinkPurpose, TextSigner>>;

  constructor(@Inject(SETTINGS) private readonly settings: Settings) {
    this.signers = {
      recordings: new TextSigner(settings, 'recordings links'),
      exports: new TextSigner(settings, 'exports links'),
    };
  }

  /** A link to a file, for that many milliseconds. */
  issue(purpose: LinkPurpose, file: string, lifetimeMs: number): SignedLink {
    const expiresAt = new Date(Date.now() + lifetimeMs);
    const expires = String(expiresAt.getTime());
    const signature = this.signers[purpose].sign(boundTo(file, expires)).toString('base64url');
    const query = new URLSearchParams({ expires, signature });
    return { url: `${this.settings.PUBLIC_URL}/${purpose}/${file}?${query.toString()}`, expiresAt };
  }

  /** Whether a link is ours and still counts. */
  isValid(purpose: LinkPurpose, file: string, expires: unknown, signature: unknown): boolean {
    if (typeof expires !== 'string' || typeof signature !== 'string') return false;
    if (!(Number(expires) > Date.now())) return false;
    return this.signers[purpose].isGenuine(boundTo(file, expires), Buffer.from(signature, 'base64url'));
  }
}

const boundTo = (file: string, expires: string): string => `${file}\0${expires}`;
