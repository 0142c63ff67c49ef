import { Inject, Injectable } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { toDomainError } from '../../errors/client-error.js';
import { ERROR_CODES } from '../../errors/error-codes.js';
import { Metrics } from '../../telemetry/metrics.js';
import { clientIp } from '../../tenancy/client-ip.js';
import { RequestLimits } from '../limits/request-limits.js';
import { refuse } from './refuse.js';

/** Counts requests that come by signed links for their address, before anything is looked up. */
@Injectable()
export class LinkLimits {
  constructor(
    private readonly limits: RequestLimits,
    private readonly metrics: Metrics,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  readonly use = async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    try {
      await this.limits.takeFromAddress(clientIp(request, this.settings.TRUSTED_PROXIES));
    } catch (error) {
      const { code } = toDomainError(error);
      this.metrics.errors.inc({ code });
      refuse(request, response, error, ERROR_CODES[code].httpStatus);
      return;
    }
    next();
  };
}
