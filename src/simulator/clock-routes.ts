import { z } from 'zod';
import type { Clock } from './clock.js';
import { durationToMs } from './duration.js';
import { checked } from './http-request.js';
import { durationSchema } from './medium-schema.js';
import type { Route } from './router.js';
import type { TimeSteps } from './time-steps.js';

/** What falls due within a second of a step is done with it. */
const USUAL_GRAIN = '1s';

const passSchema = z.strictObject({ by: durationSchema, grain: durationSchema.default(USUAL_GRAIN) });

/** Tells the simulator's time and moves it on. */
export function clockRoutes(clock: Clock, steps: TimeSteps, stopping: AbortSignal): Route[] {
  const state = () => ({
    now: new Date(clock.now()).toISOString(),
    offsetMs: clock.offsetMs,
    followers: steps.followers.size,
  });
  return [
    { method: 'GET', path: '/simulator/clock', handle: () => ({ status: 200, json: state() }) },
    {
      method: 'POST',
      path: '/simulator/clock',
      handle: async request => {
        const { by, grain } = checked(passSchema, await request.json());
        const taken = await steps.pass(durationToMs(by), durationToMs(grain), stopping);
        return { status: 200, json: { ...state(), steps: taken } };
      },
    },
  ];
}
