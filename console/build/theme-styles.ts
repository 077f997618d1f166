import { convertCssVariables, DEFAULT_THEME, defaultCssVariablesResolver, mergeMantineTheme } from '@mantine/core';
import type { Plugin } from 'vite';
import { contrastVariables, theme } from '../src/app/theme.ts';

const NAME = 'virtual:theme.css';
const RESOLVED = `\0${NAME}`;

/**
 * Writes the theme's CSS variables into a stylesheet at build time. Mantine would add them as a `<style>` element while
 * running, which a content security policy with `style-src 'self'` refuses.
 */
export function themeStyles(): Plugin {
  return {
    name: 'muster-theme-styles',
    resolveId: (id) => (id === NAME ? RESOLVED : undefined),
    load(id) {
      if (id !== RESOLVED) return undefined;
      const merged = mergeMantineTheme(DEFAULT_THEME, theme);
      const base = defaultCssVariablesResolver(merged);
      return [base, contrastVariables].map((variables) => convertCssVariables(variables, ':root')).join('\n');
    },
  };
}
