/** The moment that many milliseconds from now. */
export const inMs = (milliseconds: number): Date => new Date(Date.now() + milliseconds);
