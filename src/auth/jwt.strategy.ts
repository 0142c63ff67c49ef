import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { parseCookie } from 'cookie';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { type AccessClaims, AccessTokens, readClaims, VERIFY_OPTIONS } from './access-tokens.js';
import { ACCESS_COOKIES } from './session-cookies.js';

const fromHeader = ExtractJwt.fromAuthHeaderAsBearerToken();

/** The token of a request: from the Authorization header, else from the session cookie. */
export function tokenOf(request: Pick<IncomingMessage, 'headers'>): string | null {
  if (request.headers.authorization !== undefined) return fromHeader(request);
  const cookies = parseCookie(request.headers.cookie ?? '');
  return ACCESS_COOKIES.map(name => cookies[name]).find(value => value !== undefined) ?? null;
}

/** Passport's strategy for access tokens: the same for HTTP requests and for sockets. */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor(tokens: AccessTokens) {
    super({
      jwtFromRequest: tokenOf as never,
      // passport-jwt hands the key on as it is; its types know only strings.
      secretOrKey: tokens.key as unknown as string,
      algorithms: [...VERIFY_OPTIONS.algorithms],
      issuer: VERIFY_OPTIONS.issuer,
      audience: VERIFY_OPTIONS.audience,
      ignoreExpiration: false,
    });
  }

  /** Turns a checked payload into claims; false refuses a token that is signed by us but not an access token. */
  validate(payload: unknown): AccessClaims | false {
    return readClaims(payload) ?? false;
  }
}
