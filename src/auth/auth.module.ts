import { Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { modelProvider } from '../mongo/model-provider.js';
import { AccessGuard } from './access.guard.js';
import { AccessTokens } from './access-tokens.js';
import { ApiKeyCache } from './api-key-cache.js';
import { API_KEYS } from './api-key.schema.js';
import { ApiKeysRepository } from './api-keys.repository.js';
import { AttemptLimits } from './attempt-limits.js';
import { Authenticator } from './authenticator.js';
import { CommonPasswords } from './common-passwords.js';
import { CREDENTIALS } from './credential.schema.js';
import { Credentials } from './credentials.js';
import { JwtStrategy } from './jwt.strategy.js';
import { LegalHolds } from './legal-holds.js';
import { PasswordThreads } from './password-threads.js';
import { Passwords } from './passwords.js';
import { PresentViewer } from './present-viewer.js';
import { RightsReader } from './rights-reader.js';
import { RightsWatch } from './rights-watch.js';
import { SESSIONS } from './session.schema.js';
import { SessionCookies } from './session-cookies.js';
import { SessionsRepository } from './sessions.repository.js';
import { TenantInvitations } from './tenant-invitations.js';
import { TokenMails } from './token-mails.js';
import { USERS } from './user.schema.js';
import { UsersRepository } from './users.repository.js';
import { ViewerCache } from './viewer-cache.js';

const shared = [
  AccessTokens,
  ApiKeyCache,
  ApiKeysRepository,
  AttemptLimits,
  Authenticator,
  CommonPasswords,
  Credentials,
  JwtStrategy,
  LegalHolds,
  Passwords,
  PresentViewer,
  RightsReader,
  RightsWatch,
  SessionCookies,
  SessionsRepository,
  TenantInvitations,
  TokenMails,
  UsersRepository,
  ViewerCache,
];

/** Who is asking, and what he may do: credentials, sessions, rights, and the guard that denies by default. */
@Global()
@Module({
  providers: [
    modelProvider(USERS),
    modelProvider(SESSIONS),
    modelProvider(API_KEYS),
    modelProvider(CREDENTIALS),
    PasswordThreads,
    ...shared,
    { provide: APP_GUARD, useClass: AccessGuard },
  ],
  exports: shared,
})
export class AuthModule {}
