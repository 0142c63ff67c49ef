import { ArgsType } from '@nestjs/graphql';
import { PageArgsOf } from '../../pagination/connection.model.js';

/** The arguments of a webhook's deliveries. */
@ArgsType()
export class WebhookDeliveriesArgs extends PageArgsOf(20) {}
