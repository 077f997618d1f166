import { useCallback } from 'react';
import { useIntl } from 'react-intl';
import type { MessageId } from './languages';

export type TextValues = Record<string, string | number | Date | undefined>;
export type TextOf = (id: MessageId, values?: TextValues) => string;

/** Texts by id, from the viewer's message file. An id that does not exist does not compile. */
export function useText(): TextOf {
  const intl = useIntl();
  return useCallback((id, values) => intl.formatMessage({ id }, values), [intl]);
}
