import type { Removal } from './removal.js';
import { DOOR_REMOVALS } from './removals/doors.js';
import { HOOK_REMOVALS } from './removals/hooks.js';
import { KEY_REMOVALS } from './removals/keys.js';
import { WIRE_REMOVALS } from './removals/wire.js';

/** The locks that are taken away in turn. */
export const REMOVALS: readonly Removal[] = [
  ...HOOK_REMOVALS,
  ...WIRE_REMOVALS,
  ...DOOR_REMOVALS,
  ...KEY_REMOVALS,
];
