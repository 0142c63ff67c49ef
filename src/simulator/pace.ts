import { z } from 'zod';

/** How the life of simulated calls is laid out in time. Milliseconds are those at speed 1. */
export const paceSchema = z.strictObject({
  /** Everything in a call's life is divided by this, limits such as `maxDuration` included. */
  speed: z.number().positive(),
  joinDelayMs: z.number().min(0),
  summaryDelayMs: z.number().min(0),
  recordingDelayMs: z.number().min(0),
  billingDelayMs: z.number().min(0),
  /** Exchanges between the greeting and the farewell, at least as many as the values need. */
  turns: z.number().int().positive().optional(),
  /** Length of the conversation. */
  seconds: z.number().positive().optional(),
});

export type Pace = z.infer<typeof paceSchema>;

/** The parts of Pace that the options of the simulator may set; the rest stays as in DEFAULT_PACE. */
export type Script = Partial<Omit<Pace, 'speed'>>;

/** A call of four to six seconds whose summary and recording follow in little more than a second. */
export const DEFAULT_PACE: Pace = {
  speed: 1,
  joinDelayMs: 800,
  summaryDelayMs: 1100,
  recordingDelayMs: 1300,
  billingDelayMs: 2500,
};

/** Milliseconds of real time for milliseconds of call time; never less than one unless it is zero. */
export function scaled(pace: Pace, ms: number): number {
  return ms <= 0 ? 0 : Math.max(1, Math.round(ms / pace.speed));
}
