import { Global, Module } from '@nestjs/common';
import { LinkDownloads } from './link-downloads.js';
import { SignedLinkRequests } from './signed-link-requests.service.js';

/** Requests that come by signed links. Global, since every module that hands links out serves them. */
@Global()
@Module({ providers: [LinkDownloads, SignedLinkRequests], exports: [SignedLinkRequests] })
export class SignedLinkRequestsModule {}
