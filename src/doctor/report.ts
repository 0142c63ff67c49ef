import type { Finding } from './findings.js';

/** What an examination has done and found. Pairs are: how many were reached, of how many. */
export interface Report {
  readonly url: string;
  readonly seconds: number;
  readonly fields: readonly [number, number];
  readonly edges: readonly [number, number];
  readonly places: readonly [number, number];
  /** Arguments that name something of somebody's, each of them attacked. */
  readonly naming: number;
  readonly attacks: number;
  readonly operations: number;
  readonly doors: readonly string[];
  readonly streams: number;
  readonly canaries: number;
  readonly receivedBytes: number;
  readonly links: number;
  /** null where it could not be looked into. */
  readonly logCharacters: number | null;
  readonly metricsCharacters: number | null;
  readonly profiled: number | null;
  readonly redisCommands: number | null;
  /** How often a wall was tried by itself. */
  readonly wallAttempts: number | null;
  readonly excused: Readonly<Record<string, string>>;
  readonly findings: readonly Finding[];
}

/** The report as a person reads it in a terminal. */
export function textOf(report: Report): string {
  const of = ([reached, all]: readonly [number, number]) => `${reached} of ${all}`;
  const seen = (count: number | null, what: string) =>
    count === null ? 'not looked into' : `${count} ${what}`;
  const rows: [string, string][] = [
    ['root fields that work for their owner', of(report.fields)],
    ['fields of objects shown to their owner', of(report.edges)],
    ['arguments sent', of(report.places)],
    ['arguments that name something, attacked', String(report.naming)],
    ['attacks, each compared with what never was', String(report.attacks)],
    ['operations in all', String(report.operations)],
    ['doors', report.doors.join(', ')],
    ['streams listened to all the while', String(report.streams)],
    ['links bent', String(report.links)],
    ['canaries planted', String(report.canaries)],
    ['received by the intruder and searched', `${report.receivedBytes} characters`],
    ['log searched', seen(report.logCharacters, 'characters')],
    ['metrics searched', seen(report.metricsCharacters, 'characters')],
    ['MongoDB: operations read in its profile', seen(report.profiled, 'operations')],
    ['Redis: commands and keys', seen(report.redisCommands, 'commands')],
    ['walls tried, each by itself', seen(report.wallAttempts, 'attempts')],
    ...Object.entries(report.excused).map(([name, reason]): [string, string] => [`${name} left out`, reason]),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    `Isolation of ${report.url}, examined in ${report.seconds.toFixed(1)} s`,
    '',
    ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`),
    '',
    textOfFindings(report.findings),
  ].join('\n');
}

/** What was found, as a person reads it. */
export function textOfFindings(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'Nothing was found.';
  const lines = findings.map(({ where, what }) => `  - ${where}: ${what}`);
  return [`${findings.length} findings:`, ...lines].join('\n');
}
