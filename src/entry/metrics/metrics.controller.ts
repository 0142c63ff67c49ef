import { Controller, Get, Inject, NotFoundException, Req, Res, UnauthorizedException } from '@nestjs/common';
import type { Request, Response } from 'express';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { Metrics } from '../../telemetry/metrics.js';
import { metricsAccess } from './metrics-access.js';

/** What Prometheus reads. */
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** @throws UnauthorizedException or NotFoundException for those who may not read them. */
  @Get()
  async read(@Req() request: Request, @Res({ passthrough: true }) response: Response): Promise<string> {
    response.setHeader('Cache-Control', 'no-store');
    const access = metricsAccess(this.settings, request, [request.socket.remoteAddress, request.ip]);
    switch (access) {
      case 'hidden':
        throw new NotFoundException();
      case 'unauthenticated':
        response.setHeader('WWW-Authenticate', 'Bearer');
        throw new UnauthorizedException();
      case 'open':
        response.setHeader('Content-Type', this.metrics.registry.contentType);
        return this.metrics.registry.metrics();
    }
  }
}
