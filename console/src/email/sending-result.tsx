import type { EmailSending } from '@muster/contracts';
import { useText } from '../messages/use-text';
import { Notice } from '../ui/notice';
import { Plain } from '../ui/plain';
import { When } from '../ui/when';

/** How a message went: in plain words, and in the mail server's own. */
export function SendingResult({ sending, announce }: { sending: EmailSending; announce?: boolean }) {
  const t = useText();
  const { sent, at, explanation, reply } = sending;
  return (
    <Notice tone={sent ? 'good' : 'bad'} title={t(sent ? 'email.sent' : 'email.notSent')} announce={announce}>
      {explanation && <p>{explanation}</p>}
      {reply && (
        <p>
          {t('email.reply')} <Plain text={reply} code />
        </p>
      )}
      <p className="dim">
        <When at={at} />
      </p>
    </Notice>
  );
}
