import { ENGLISH, type MessageId } from '../messages/languages';
import { type TextOf, useText } from '../messages/use-text';

type Named = MessageId extends infer Id ? (Id extends `audit.action.${infer Action}` ? Action : never) : never;

/** An action in words; a newer server's, which has none here, by its own name. */
export const actionText = (t: TextOf, action: string): string =>
  isNamed(action) ? t(`audit.action.${action}`) : action;

const isNamed = (action: string): action is Named => Object.hasOwn(ENGLISH, `audit.action.${action}`);

/** In words, with the name that exports and filters have for it behind it. */
export function AuditAction({ action }: { action: string }) {
  const t = useText();
  return isNamed(action) ? <span title={action}>{actionText(t, action)}</span> : <code>{action}</code>;
}
