import { useMemo } from 'react';
import { useComputedColorScheme } from '@mantine/core';
import type { Look } from './plot-options';

/** Against the panel's surface each has a contrast of 3:1 or more (WCAG 1.4.11). */
const LINES = {
  light: ['#1d6a80', '#b35900', '#6b3fa0', '#1f7a45', '#b3261e', '#33588f', '#a0286e', '#4a5561'],
  dark: ['#7cc7d9', '#f0b65a', '#c3a1f0', '#6fd198', '#ff9c95', '#9db9f2', '#f08fc0', '#a3afbb'],
} as const;

/** The colours of canvases, which no stylesheet reaches. */
export function useLook(): Look {
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  return useMemo(() => {
    const style = getComputedStyle(document.documentElement);
    const of = (name: string) => style.getPropertyValue(name).trim();
    return {
      lines: LINES[scheme],
      text: of('--mantine-color-dimmed') || (scheme === 'dark' ? '#a3afbb' : '#56616c'),
      grid: of('--muster-line') || '#80808040',
      mark: of('--muster-warn') || '#9a5b00',
    };
  }, [scheme]);
}
