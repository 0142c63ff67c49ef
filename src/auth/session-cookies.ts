import type { IncomingHttpHeaders } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { parseCookie } from 'cookie';
import type { CookieOptions, Response } from 'express';
import { SETTINGS, type Settings } from '../config/settings.js';
import { isFromOwnPage } from './own-origin.js';

/** The `__Host-` names are used over https; browsers bind them to this very host. */
const ACCESS_COOKIES = ['__Host-voho_access', 'voho_access'] as const;
const REFRESH_COOKIES = ['__Host-voho_refresh', 'voho_refresh'] as const;

/** What a cookie is called over https, and else. */
type CookieNames = readonly [secure: string, plain: string];

/**
 * Sets, reads and clears the session's cookies: never readable by scripts, never sent along from other sites. Over
 * https only the `__Host-` names count, so that a neighbour on the same domain cannot plant a session. Neighbours are one
 * site with each other, which SameSite does not part: cookies count only in requests of the host's own pages.
 */
@Injectable()
export class SessionCookies {
  private readonly isSecure: boolean;

  constructor(@Inject(SETTINGS) private readonly settings: Settings) {
    this.isSecure = settings.PUBLIC_URL.startsWith('https:');
  }

  set(
    response: Response,
    access: { token: string; expiresAt: Date },
    refresh: { token: string; expiresAt: Date },
  ): void {
    this.write(response, ACCESS_COOKIES, access.token, access.expiresAt);
    this.write(response, REFRESH_COOKIES, refresh.token, refresh.expiresAt);
  }

  clear(response: Response): void {
    for (const names of [ACCESS_COOKIES, REFRESH_COOKIES]) this.write(response, names, '', new Date());
  }

  /** The access token that the browser sent along for a page of this host; null without one. */
  accessToken(headers: IncomingHttpHeaders): string | null {
    return this.read(headers, ACCESS_COOKIES);
  }

  /** The refresh token that the browser sent along for a page of this host; null without one. */
  refreshToken(headers: IncomingHttpHeaders): string | null {
    return this.read(headers, REFRESH_COOKIES);
  }

  /** Express adds Expires to Max-Age, which does not depend on the browser's clock. */
  private write(response: Response, names: CookieNames, value: string, expiresAt: Date): void {
    const maxAge = Math.max(0, expiresAt.getTime() - Date.now());
    response.cookie(this.name(names), value, { ...this.options, maxAge });
  }

  private read(headers: IncomingHttpHeaders, names: CookieNames): string | null {
    if (headers.cookie === undefined || !isFromOwnPage(headers, this.settings)) return null;
    return parseCookie(headers.cookie)[this.name(names)] ?? null;
  }

  private name(names: CookieNames): string {
    return names[this.isSecure ? 0 : 1];
  }

  private get options(): CookieOptions {
    return { httpOnly: true, secure: this.isSecure, sameSite: 'lax', path: '/' };
  }
}
