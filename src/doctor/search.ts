import type { Findings } from './findings.js';
import type { Side } from './seat.js';

/** Looks for the one tenant's word in everything that was sent to the other. */
export function searchReceived(receiver: Side, { word }: Side, findings: Findings): void {
  for (const { where, text } of receiver.received) {
    const at = text.indexOf(word);
    if (at >= 0)
      findings.add(
        where,
        `the other tenant received a canary: …${text.slice(Math.max(0, at - 200), at + 60)}…`,
      );
  }
}

/** Looks for both tenants' words where nobody's data belongs. Returns how many characters were looked through. */
export function searchOutside(
  where: string,
  text: string,
  sides: readonly Side[],
  findings: Findings,
): number {
  for (const line of text.split('\n')) {
    if (sides.some(({ word }) => line.includes(word)))
      findings.add(where, `it holds a canary: ${line.slice(0, 300)}`);
  }
  return text.length;
}

/** A command that hooks or guard had to refuse shows that another wall before them is gone. */
export function lookForRefusals(metrics: string, findings: Findings): void {
  const [, count = '0'] = /^voho_tenant_guard_violations_total\S* (\d+)/m.exec(metrics) ?? [];
  if (Number(count) > 0)
    findings.add('the metrics', `${count} commands were refused that would have left their tenant`);
}
