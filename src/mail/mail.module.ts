import { join } from 'node:path';
import { Global, Module } from '@nestjs/common';
import { SETTINGS, type Settings } from '../config/settings.js';
import { FileMailer } from './file-mailer.js';
import { Mailer } from './mailer.js';
import { SmtpMailer } from './smtp-mailer.js';

/** The way out for mails: a mail server, or a folder where none is configured. */
@Global()
@Module({
  providers: [
    {
      provide: Mailer,
      inject: [SETTINGS],
      useFactory: ({ SMTP_URL, MAIL_FROM, BASE_DOMAIN, DATA_DIR }: Settings): Mailer => {
        const envelope = { from: MAIL_FROM ?? `Voho <no-reply@${BASE_DOMAIN}>` };
        return SMTP_URL === undefined
          ? new FileMailer(join(DATA_DIR, 'mail'), envelope)
          : new SmtpMailer(SMTP_URL, envelope);
      },
    },
  ],
  exports: [Mailer],
})
export class MailModule {}
