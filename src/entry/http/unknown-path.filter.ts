import { type ArgumentsHost, Catch, type ExceptionFilter, NotFoundException } from '@nestjs/common';
import type { Request, Response } from 'express';
import { DomainError } from '../../errors/domain-error.js';
import { refuse } from './refuse.js';

/** Answers paths that do not exist. Nest's own answer repeats the path, which is the sender's text. */
@Catch(NotFoundException)
export class UnknownPathFilter implements ExceptionFilter {
  catch(_exception: NotFoundException, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const error = new DomainError('NOT_FOUND', 'There is nothing here.');
    refuse(http.getRequest<Request>(), http.getResponse<Response>(), error, 404);
  }
}
