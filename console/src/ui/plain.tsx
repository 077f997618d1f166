import { useState } from 'react';
import { UnstyledButton } from '@mantine/core';
import { useText } from '../messages/use-text';
import { harmless, harmlessLines } from './harmless';
import classes from './plain.module.css';

/** A word that may have to be broken anywhere, so that it does not widen what it stands in. */
const LONG_WORD = /\S{32}/;

interface PlainProps {
  text: string;
  /** Characters that are shown at first. */
  most?: number;
  /** It may have lines of its own. */
  lines?: boolean;
  /** In fixed width. */
  code?: boolean;
  /** Stays cut: inside of links and buttons, which may hold no button. */
  short?: boolean;
}

/** Text that a device or a stranger wrote: it keeps its own direction, its controls are shown, and its length is bounded. */
export function Plain({ text, most = 300, lines = false, code = false, short = false }: PlainProps) {
  const t = useText();
  const [whole, setWhole] = useState(false);
  const characters = text.length > most ? [...text] : undefined;
  const cut = characters !== undefined && characters.length > most;
  const shown = cut && !whole ? `${characters.slice(0, most).join('')}…` : text;
  return (
    <>
      <bdi
        className={classes.plain}
        data-long={LONG_WORD.test(shown) || undefined}
        data-lines={lines || undefined}
        data-code={code || undefined}
      >
        {lines ? harmlessLines(shown) : harmless(shown)}
      </bdi>
      {cut && !short && (
        <UnstyledButton className={classes.more} aria-expanded={whole} onClick={() => setWhole(!whole)}>
          {whole ? t('plain.less') : t('plain.more', { count: characters.length })}
        </UnstyledButton>
      )}
    </>
  );
}
