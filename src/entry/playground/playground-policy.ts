/**
 * What the playground's page may do. Everything comes from this server; nothing may be framed, posted or redirected.
 *
 * - `connect-src 'self'` covers the WebSocket on the same host as well, as CSP level 3 says and as all current
 *   browsers do, so the Host header is never copied into the policy.
 * - `style-src` needs 'unsafe-inline': Monaco, the editor in GraphiQL, writes style elements at run time and positions
 *   each line with a style attribute. It knows no nonces, and a nonce could not cover attributes. Without it the
 *   editors stay unreadable. Scripts are held to files of this server all the same.
 * - `img-src data:` is for the small pictures in Monaco's own stylesheet.
 */
export const PLAYGROUND_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "media-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
