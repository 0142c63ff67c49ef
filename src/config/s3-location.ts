/** A place in an S3-compatible store. */
export interface S3Location {
  readonly bucket: string;
  /** What each key begins with: empty, or ending in a slash. */
  readonly prefix: string;
  /** Null: Amazon's own. */
  readonly endpoint: string | null;
  /** Null: the one of AWS_REGION. */
  readonly region: string | null;
  /** Whether the bucket stands in the path rather than in the host. */
  readonly isPathStyle: boolean;
}

const PARAMETERS = ['endpoint', 'region', 'pathStyle'];

/**
 * Reads `s3://bucket/prefix?endpoint=https://…&region=…&pathStyle=true|false`. With an endpoint the bucket stands in
 * the path unless told otherwise, as most stores beside Amazon's want it.
 * @returns null for anything else.
 */
export function parseS3Location(text: string): S3Location | null {
  if (!URL.canParse(text)) return null;
  const { protocol, hostname, port, username, pathname, searchParams } = new URL(text);
  if (protocol !== 's3:' || hostname === '' || port !== '' || username !== '') return null;
  if ([...searchParams.keys()].some(name => !PARAMETERS.includes(name))) return null;
  const endpoint = searchParams.get('endpoint');
  if (endpoint !== null && !/^https?:\/\/[^\s/]+\/?$/.test(endpoint)) return null;
  const pathStyle = searchParams.get('pathStyle') ?? String(endpoint !== null);
  if (pathStyle !== 'true' && pathStyle !== 'false') return null;
  const folder = decodeURIComponent(pathname).replace(/^\/+|\/+$/g, '');
  return {
    bucket: hostname,
    prefix: folder === '' ? '' : `${folder}/`,
    endpoint,
    region: searchParams.get('region'),
    isPathStyle: pathStyle === 'true',
  };
}
