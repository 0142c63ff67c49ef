import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import {
  type AccessClaims,
  AccessTokens,
  hasOurHeader,
  readClaims,
  VERIFY_OPTIONS,
} from './access-tokens.js';
import { SessionCookies } from './session-cookies.js';

type Headers = Pick<IncomingMessage, 'headers'>;

const fromHeader = ExtractJwt.fromAuthHeaderAsBearerToken();

/** Passport's strategy for access tokens: the same for HTTP requests and for sockets. */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor(
    tokens: AccessTokens,
    private readonly cookies: SessionCookies,
  ) {
    super({
      jwtFromRequest: (request: Headers) => tokenOf(request, cookies),
      secretOrKeyProvider: (_request, token: string, done) => {
        if (!hasOurHeader(token)) done(new Error('Not the header of an access token'));
        // passport-jwt hands the key on as it is; its types know only strings.
        else done(null, tokens.key as unknown as string);
      },
      algorithms: [...VERIFY_OPTIONS.algorithms],
      issuer: VERIFY_OPTIONS.issuer,
      audience: VERIFY_OPTIONS.audience,
      ignoreExpiration: false,
    });
  }

  /** The token of a request: from the Authorization header, else from the session cookie; null without one. */
  tokenOf(request: Headers): string | null {
    return tokenOf(request, this.cookies);
  }

  /** Turns a checked payload into claims; false refuses a token that is signed by us but not an access token. */
  validate(payload: unknown): AccessClaims | false {
    return readClaims(payload) ?? false;
  }
}

function tokenOf(request: Headers, cookies: SessionCookies): string | null {
  return request.headers.authorization === undefined
    ? cookies.accessToken(request.headers)
    : fromHeader(request);
}
