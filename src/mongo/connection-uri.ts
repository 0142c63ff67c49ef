/**
 * Options of an address that would change what a committed change and a read are worth here, or how long an operation
 * waits. In small letters, since drivers do not tell capitals apart.
 */
const DECIDED_HERE: ReadonlySet<string> = new Set([
  ...['readconcernlevel', 'readconcern', 'readpreference', 'readpreferencetags', 'maxstalenessseconds'],
  ...['w', 'wtimeout', 'wtimeoutms', 'j', 'journal', 'fsync', 'safe', 'writeconcern'],
  ...['retrywrites', 'retryreads'],
  ...['timeoutms', 'sockettimeoutms', 'serverselectiontimeoutms', 'waitqueuetimeoutms'],
]);

/** An address without the options that are decided here, and their names as they were written. */
export interface PlainUri {
  readonly uri: string;
  readonly ignored: readonly string[];
}

/**
 * Takes the options out of a MongoDB address that the server decides for itself. The driver merges those of an address
 * into what a program asks for, where both say the same by another name, such as `readConcernLevel` and `readConcern`.
 */
export function withoutDecidedOptions(uri: string): PlainUri {
  const start = uri.indexOf('?');
  if (start < 0) return { uri, ignored: [] };
  const options = uri.slice(start + 1).split('&');
  const isDecided = (option: string) => DECIDED_HERE.has(nameOf(option).toLowerCase());
  const kept = options.filter(option => !isDecided(option));
  const ignored = [...new Set(options.filter(isDecided).map(nameOf))];
  return { uri: `${uri.slice(0, start)}${kept.length > 0 ? `?${kept.join('&')}` : ''}`, ignored };
}

/** The name of an option as the driver reads it: names may be percent-encoded too. */
const nameOf = (option: string): string => [...new URLSearchParams(option).keys()][0]?.trim() ?? '';
