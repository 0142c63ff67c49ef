import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { Controller, Get, Logger, Param, Query, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { TenantScope } from '../../tenancy/tenant-scope.js';
import { SignedLinkRequests } from '../links/signed-link-requests.service.js';
import { DataExports } from './data-exports.js';
import { type ExportFile, parseName } from './export-file.js';

/** Serves archives to people who have a signed link, as they are being made. */
@Controller('exports')
export class ExportsController {
  private readonly logger = new Logger('Privacy');

  constructor(
    private readonly requests: SignedLinkRequests,
    private readonly exports: DataExports,
  ) {}

  /** HEAD is answered like a link that leads nowhere: there is nothing until it is made. */
  @Get(':file')
  async serve(
    @Param('file') name: string,
    @Query('expires') expires: unknown,
    @Query('signature') signature: unknown,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    if (request.method !== 'GET') throw this.requests.missing('exports');
    const file = parseName(name);
    await this.requests.serve(
      { purpose: 'exports', file: name, expires, signature, request, response },
      () => Promise.resolve(file?.tenantId ?? null),
      async scope => {
        if (!file || !(await this.send(file, scope, response))) throw this.requests.missing('exports');
      },
    );
  }

  /** Sends an archive while it is being made; false where the link has ended with its requester's rights. */
  private async send(file: ExportFile, scope: TenantScope, response: Response): Promise<boolean> {
    const archive = await this.exports.open(file, scope);
    if (!archive) return false;
    response.set({
      'Content-Type': 'application/gzip',
      'Content-Disposition': `attachment; filename="voho-${file.userId ? 'user' : 'tenant'}.ndjson.gz"`,
      'Cache-Control': 'private, no-store',
    });
    const stopWatching = this.requests.cutWith(archive.scope, response);
    try {
      const lines = Readable.from(archive.lines, { highWaterMark: 16 });
      await pipeline(lines, createGzip(), response);
    } catch (error) {
      this.logger.warn(`An export broke off: ${(error as Error).message}`);
      // Cut rather than closed in order: the archive must not look whole.
      response.destroy();
    } finally {
      stopWatching();
    }
    return true;
  }
}
