import { type ReactNode, useState } from 'react';
import { IntlProvider } from 'react-intl';
import { type Language, type Messages, chooseLanguage } from './languages';

export interface LoadedLanguage {
  language: Language;
  messages: Messages;
}

/** Loads the viewer's language before the first paint, so that no text flickers. */
export async function loadLanguage(): Promise<LoadedLanguage> {
  const language = chooseLanguage(navigator.languages);
  return { language, messages: await language.load() };
}

/** The viewer's own regional form of the language where there is one (en-US dates for en-US), and their time zone. */
export function LanguageProvider({ loaded, children }: { loaded: LoadedLanguage; children: ReactNode }) {
  const [locale] = useState(() => {
    const base = loaded.language.tag.split('-')[0] ?? '';
    return navigator.languages.find((tag) => tag.startsWith(`${base}-`)) ?? loaded.language.tag;
  });
  return (
    <IntlProvider locale={locale} defaultLocale="en-GB" messages={loaded.messages}>
      {children}
    </IntlProvider>
  );
}
