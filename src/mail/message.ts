import type { SendMailOptions } from 'nodemailer';
import type { Mail } from './mailer.js';

/** What all mails of a server have in common. */
export interface Envelope {
  /** `Name <address>`, or an address alone. */
  readonly from: string;
}

/** A mail as nodemailer takes it. The address is told apart from what nodemailer would read as a list of them. */
export function messageOf({ to, subject, text }: Mail, { from }: Envelope): SendMailOptions {
  return {
    from,
    to: { name: '', address: to },
    subject,
    text,
    // Asks mail programs that are away not to answer.
    headers: { 'Auto-Submitted': 'auto-generated' },
  };
}
