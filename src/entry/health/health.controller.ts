import { Controller, Get, Header, Inject, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { metricsAccess } from '../metrics/metrics-access.js';
import { Readiness, type ReadinessReport } from './readiness.js';

/** What orchestrators ask. Open to everybody, so it tells nothing but whether. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly readiness: Readiness,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** 200 for as long as the process can answer at all: anything else means that it should be started anew. */
  @Get('live')
  @Header('Cache-Control', 'no-store')
  live(): { status: 'alive' } {
    return { status: 'alive' };
  }

  /**
   * 200 when requests may be sent here, also when live events are slow; 503 without a database and while stopping. What
   * it is that is missing only those hear who may read the metrics.
   */
  @Get('ready')
  @Header('Cache-Control', 'no-store')
  async ready(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ReadinessReport | Pick<ReadinessReport, 'status'>> {
    const report = await this.readiness.report();
    response.status(report.status === 'unavailable' ? 503 : 200);
    const access = metricsAccess(this.settings, request, [request.socket.remoteAddress, request.ip]);
    return access === 'open' ? report : { status: report.status };
  }
}
