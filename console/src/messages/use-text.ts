import { useCallback } from 'react';
import { useIntl } from 'react-intl';
import { isolated } from '../ui/harmless';
import type { MessageId } from './languages';

export type TextValues = Record<string, string | number | Date | undefined>;
export type TextOf = (id: MessageId, values?: TextValues) => string;

/** Texts by id, from the viewer's message file. An id that does not exist does not compile. Values cannot reorder them. */
export function useText(): TextOf {
  const intl = useIntl();
  return useCallback((id, values) => intl.formatMessage({ id }, values && withoutTricks(values)), [intl]);
}

const withoutTricks = (values: TextValues): TextValues =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typeof value === 'string' ? isolated(value) : value]),
  );
