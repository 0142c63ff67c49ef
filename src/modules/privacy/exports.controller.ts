import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { Controller, Get, HttpException, Logger, Param, Query, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { SignedLinks } from '../../links/signed-links.js';
import { DataExports } from './data-exports.js';
import { parseName } from './export-file.js';

/** Serves archives to whoever has a signed link, as they are being made. */
@Controller('exports')
export class ExportsController {
  private readonly logger = new Logger('Privacy');

  constructor(
    private readonly links: SignedLinks,
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
    const file = this.links.isValid('exports', name, expires, signature) ? parseName(name) : null;
    if (request.method !== 'GET') throw new HttpException('There is no such export', 404);
    if (!file) throw new HttpException('The link is not valid or has expired', 403);
    const origin = {
      transport: 'http' as const,
      ip: request.ip ?? null,
      userAgent: request.get('user-agent') ?? null,
    };
    const lines = await this.exports.open(file, response.get('X-Request-Id') ?? randomUUID(), origin);
    if (!lines) throw new HttpException('There is no such export', 404);
    response.set({
      'Content-Type': 'application/gzip',
      'Content-Disposition': `attachment; filename="voho-${file.userId ? 'user' : 'tenant'}.ndjson.gz"`,
      'Cache-Control': 'private, no-store',
    });
    await pipeline(Readable.from(lines, { highWaterMark: 16 }), createGzip(), response).catch(
      (error: unknown) => {
        this.logger.warn(`An export broke off: ${(error as Error).message}`);
        // Cut rather than closed in order: the archive must not look whole.
        response.destroy();
      },
    );
  }
}
