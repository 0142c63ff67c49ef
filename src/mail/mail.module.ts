import { join } from 'node:path';
import { Global, Inject, Logger, Module, type OnModuleInit } from '@nestjs/common';
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
export class MailModule implements OnModuleInit {
  private readonly logger = new Logger('Mail');

  constructor(@Inject(SETTINGS) private readonly settings: Settings) {}

  /** Says at start, in production, what will keep mails or their links from those who wait for them. */
  onModuleInit(): void {
    const { isProduction, SMTP_URL, APP_URL, BASE_DOMAIN } = this.settings;
    if (!isProduction) return;
    if (SMTP_URL === undefined)
      this.logger.warn(
        'SMTP_URL is not set: mails are files in DATA_DIR/mail, and reach nobody. New tenants cannot verify their address without them.',
      );
    if (APP_URL === undefined)
      this.logger.warn(
        `APP_URL is not set: links in mails lead to the plain pages that this server has at <subdomain>.${BASE_DOMAIN}.`,
      );
  }
}
