import type { ObjectId } from '../mongo/object-id.js';

/** A mail to one person, in plain text. */
export interface Mail {
  /** On whose behalf it is sent. */
  readonly tenantId: ObjectId;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** The port through which mails leave. */
export abstract class Mailer {
  /**
   * Hands a mail over for good. The caller keeps what it needs to try again.
   * @throws when it could not be handed over; it may have been all the same, as after any lost answer.
   */
  abstract send(mail: Mail): Promise<void>;

  /** Removes what is kept here of a tenant's mails: of those to one address, or of all. Safe to repeat. */
  abstract forget(tenantId: ObjectId, to?: string): Promise<void>;
}
