/** The database that the address of a replica set names; `test`, as for every driver, where it names none. */
export function databaseOf(uri: string): string {
  const [, name = ''] = /^[^:]+:\/\/[^/?]+(?:\/([^?]*))?/.exec(uri) ?? [];
  return name || 'test';
}
