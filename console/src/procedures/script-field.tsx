import { type KeyboardEvent, type ReactNode, useRef } from 'react';
import { Textarea, type TextareaProps } from '@mantine/core';
import { useText } from '../messages/use-text';
import { indent } from './indent';
import classes from './script-field.module.css';

interface ScriptFieldProps extends Pick<TextareaProps, 'value' | 'onBlur' | 'onFocus'> {
  onChange: (value: string) => void;
  error?: ReactNode;
}

/**
 * The script as monospaced text. Tab indents, Shift+Tab takes it back; after Escape the next Tab moves on as everywhere,
 * so that the keyboard is never caught here.
 */
export function ScriptField({ onChange, ...input }: ScriptFieldProps) {
  const t = useText();
  const leaving = useRef(false);
  const keyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key === 'Escape') leaving.current = true;
    if (event.key !== 'Tab' || event.altKey || event.ctrlKey || event.metaKey) return;
    if (leaving.current) return;
    event.preventDefault();
    const area = event.currentTarget;
    const next = indent(area.value, area.selectionStart, area.selectionEnd, event.shiftKey);
    area.setRangeText(next.text, 0, area.value.length, 'preserve');
    area.setSelectionRange(next.start, next.end);
    onChange(next.text);
  };
  return (
    <Textarea
      {...input}
      label={t('procedures.script')}
      description={t('procedures.scriptHint')}
      required
      autosize
      minRows={14}
      maxRows={34}
      maxLength={100_000}
      dir="ltr"
      spellCheck={false}
      autoCapitalize="none"
      autoComplete="off"
      wrap="off"
      classNames={{ input: classes.script }}
      onChange={(event) => onChange(event.currentTarget.value)}
      onKeyDown={keyDown}
      onBlur={(event) => {
        leaving.current = false;
        input.onBlur?.(event);
      }}
    />
  );
}
