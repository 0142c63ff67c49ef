/** A mail to one person, in plain text. */
export interface Mail {
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
}
