/** Something that must not be. */
export interface Finding {
  readonly where: string;
  readonly what: string;
}

/** What has to work for an examination to go on does not, which is a finding too. */
export class NotWorkingError extends Error {}

/** What an examination has found, each thing once. */
export class Findings {
  readonly all: Finding[] = [];

  add(where: string, what: string): void {
    if (!this.all.some(finding => finding.where === where && finding.what === what))
      this.all.push({ where, what });
  }
}
