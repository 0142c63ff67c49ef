/** How often something that must hold did. */
export interface Line {
  readonly title: string;
  good: number;
  bad: number;
  readonly examples: string[];
}

const MOST_EXAMPLES = 5;

/** Counts what holds and what does not. */
export class Tally {
  readonly lines = new Map<string, Line>();

  /** Notes one thing that must hold; `example` tells which one it is when it does not. */
  note(title: string, isGood: boolean, example: string): void {
    const line = this.lines.get(title) ?? { title, good: 0, bad: 0, examples: [] };
    this.lines.set(title, line);
    if (isGood) line.good += 1;
    else line.bad += 1;
    if (!isGood && line.examples.length < MOST_EXAMPLES) line.examples.push(example);
  }
}
