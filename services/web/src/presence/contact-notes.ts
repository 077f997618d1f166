import { Injectable } from '@nestjs/common';
import { type Admitted, BeforeCall } from '@muster/service-kit';
import { Contacts } from './contacts';

/** Every call that was let through as a device's is a contact. */
@Injectable()
export class ContactNotes extends BeforeCall {
  constructor(private readonly contacts: Contacts) {
    super();
  }

  before({ principal, call }: Admitted): void {
    if (principal?.kind === 'device') this.contacts.heardFrom(principal.organisationId, principal.id, call.address);
  }
}
