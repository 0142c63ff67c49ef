import { agents } from './agents.js';
import { audit } from './audit.js';
import { auth } from './auth.js';
import { calls } from './calls.js';
import { dashboard } from './dashboard.js';
import { live } from './live.js';
import type { ReadyMadeModule } from './ready-made.js';
import { tenant } from './tenant.js';
import { users } from './users.js';
import { webhooks } from './webhooks.js';

/** All ready-made operations, in the order in which a newcomer meets the parts of the API. */
export const READY_MADE_MODULES: readonly ReadyMadeModule[] = [
  auth,
  calls,
  live,
  agents,
  dashboard,
  users,
  tenant,
  webhooks,
  audit,
];
