import { createHmac } from 'node:crypto';

/** Lowercase hex HMAC-SHA256 of a message, one for each secret, joined by commas. */
export function signatures(secrets: readonly string[], message: string): string {
  return secrets.map(secret => createHmac('sha256', secret).update(message, 'utf8').digest('hex')).join(',');
}

/** The headers that sign a webhook: each digest is over the raw body followed by the timestamp. */
export function webhookHeaders(
  secrets: readonly string[],
  body: string,
  timestamp: string,
): Record<string, string> {
  return {
    'X-Ultravox-Webhook-Timestamp': timestamp,
    'X-Ultravox-Webhook-Signature': signatures(secrets, body + timestamp),
  };
}

/** The headers that sign the opening of a data connection: each digest is over call id and timestamp. */
export function dataConnectionHeaders(
  secrets: readonly string[],
  callId: string,
  timestamp: string,
): Record<string, string> {
  return {
    'X-Ultravox-Call-ID': callId,
    'X-Ultravox-Signature-Timestamp': timestamp,
    'X-Ultravox-Signature': signatures(secrets, callId + timestamp),
  };
}
