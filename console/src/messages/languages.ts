import type { Direction } from '../app/preferences';
import english from './en.json';

export type MessageId = keyof typeof english;
export type Messages = Readonly<Record<MessageId, string>>;

export interface Language {
  /** BCP 47 tag; also decides how numbers and dates are written. */
  tag: string;
  name: string;
  direction: Direction;
  load: () => Promise<Messages>;
}

/** English is complete and always there. A further language is one JSON file and one line here. */
export const LANGUAGES: readonly Language[] = [
  { tag: 'en-GB', name: 'English', direction: 'ltr', load: () => Promise.resolve(english) },
];
export const ENGLISH: Messages = english;

/** The first language that the browser asks for and that exists. */
export function chooseLanguage(wanted: readonly string[]): Language {
  const base = (tag: string) => tag.split('-')[0];
  for (const tag of wanted) {
    const found = LANGUAGES.find((language) => base(language.tag) === base(tag));
    if (found) return found;
  }
  return LANGUAGES[0] as Language;
}
