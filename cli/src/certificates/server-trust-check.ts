import type { Check } from '../checks/finding';
import { certificateMessages as messages } from './certificate-messages';
import { certificatesIn, subjectOf } from './pem';
import type { ServerTrust } from './server-trust';

const DAY_MS = 86_400_000;
/** Long enough to get the next root of a company to devices that are switched on once a quarter. */
const WARN_DAYS = 120;

/** Whether the roots of other CAs, under which devices accept servers, go on to count. */
export const serverTrustCheck = ({ roots }: ServerTrust, now = new Date()): Check => ({
  name: 'certificates',
  run: async () =>
    roots
      .flatMap((pem) => certificatesIn(pem))
      .map((root) => {
        const [subject, end] = [subjectOf(root), new Date(root.validTo)];
        const day = end.toISOString().slice(0, 10);
        if (end.getTime() - now.getTime() > WARN_DAYS * DAY_MS) {
          return messages.ok(`Devices accept servers under "${subject}" until ${day}.`);
        }
        return messages.say('server-root-ends-soon', { subject, end: day });
      }),
});
