/** The month of a moment: YYYY-MM, UTC. */
export const monthOf = (moment: Date): string => moment.toISOString().slice(0, 7);

/** The day of a moment: YYYY-MM-DD, UTC. */
export const dayOf = (moment: Date): string => moment.toISOString().slice(0, 10);

/** When a month begins, UTC. */
export const startOf = (month: string): Date => new Date(`${month}-01T00:00:00.000Z`);
