import { useState } from 'react';
import { DirectionProvider, MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from 'react-router/dom';
import { api } from '../api/client';
import { makeQueryClient } from '../api/query-client';
import { LanguageProvider, type LoadedLanguage } from '../messages/language-provider';
import { rememberSignedIn } from '../session/signed-in-before';
import { SESSION_KEY } from '../session/use-session';
import { colourSchemes, storedDirection } from './preferences';
import { makeRouter } from './router';
import { theme } from './theme';

/** What lives as long as the page. */
function start() {
  const cache = makeQueryClient();
  api.onSignedOut = () => {
    rememberSignedIn(false);
    cache.setQueryData(SESSION_KEY, null);
  };
  return { cache, router: makeRouter() };
}

export function App({ language }: { language: LoadedLanguage }) {
  const [{ cache, router }] = useState(start);
  return (
    <LanguageProvider loaded={language}>
      <DirectionProvider initialDirection={storedDirection() ?? language.language.direction} detectDirection={false}>
        {/* Without style elements made while running: theme.css has the variables, no component needs the classes. */}
        <MantineProvider
          theme={theme}
          colorSchemeManager={colourSchemes}
          defaultColorScheme="auto"
          withCssVariables={false}
          withGlobalClasses={false}
        >
          <QueryClientProvider client={cache}>
            <RouterProvider router={router} />
          </QueryClientProvider>
        </MantineProvider>
      </DirectionProvider>
    </LanguageProvider>
  );
}
