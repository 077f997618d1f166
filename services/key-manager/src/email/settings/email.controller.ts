import { Controller } from '@nestjs/common';
import {
  AppError,
  DEFAULT_ORGANISATION_ID,
  type EmailMessageList,
  type EmailSending,
  type EmailState,
  listEmailMessages,
  type Principal,
  readEmailSettings,
  removeEmailSettings,
  retryEmails,
  type RetriedEmails,
  type RouteCall,
  saveEmailSettings,
  testEmail,
} from '@muster/contracts';
import { Handles } from '@muster/service-kit';
import { EmailQueue } from '../queue/email-queue';
import { EmailActions } from './email-actions';
import { EmailOverview } from './email-overview';
import { EmailSettingsStore } from './email-settings';

/** How the server sends mail, and what waits to be sent: for the operator's owners. */
@Controller()
export class EmailController {
  constructor(
    private readonly settings: EmailSettingsStore,
    private readonly overview: EmailOverview,
    private readonly queue: EmailQueue,
    private readonly actions: EmailActions,
  ) {}

  @Handles(readEmailSettings)
  read({ principal }: RouteCall<typeof readEmailSettings>): Promise<EmailState> {
    requireOperator(principal);
    return this.overview.state();
  }

  @Handles(saveEmailSettings)
  async save(call: RouteCall<typeof saveEmailSettings>): Promise<EmailState> {
    requireOperator(call.principal);
    await this.settings.save(call, call.body);
    await this.queue.retry('waiting');
    return this.overview.state();
  }

  @Handles(removeEmailSettings)
  async remove(call: RouteCall<typeof removeEmailSettings>): Promise<void> {
    requireOperator(call.principal);
    await this.settings.remove(call);
  }

  @Handles(testEmail)
  async test(call: RouteCall<typeof testEmail>): Promise<EmailSending> {
    requireOperator(call.principal);
    return this.actions.test(call, call.body.recipient);
  }

  @Handles(listEmailMessages)
  async list({ principal }: RouteCall<typeof listEmailMessages>): Promise<EmailMessageList> {
    requireOperator(principal);
    return { messages: await this.queue.list() };
  }

  @Handles(retryEmails)
  async retry(call: RouteCall<typeof retryEmails>): Promise<RetriedEmails> {
    requireOperator(call.principal);
    return { count: await this.actions.retry(call) };
  }
}

/** The owner of a customer's organisation has the permission, too, but the mail server is the operator's. */
function requireOperator({ organisationId }: Principal): void {
  if (organisationId === DEFAULT_ORGANISATION_ID) return;
  throw new AppError('permission-denied', 'How mail is sent is for owners of the default organisation.');
}
