import { Global, Module } from '@nestjs/common';
import { SignedLinks } from './signed-links.js';

/** Signed links to what is too large for an answer. */
@Global()
@Module({ providers: [SignedLinks], exports: [SignedLinks] })
export class LinksModule {}
