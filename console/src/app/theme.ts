import { createTheme, type ConvertCSSVariablesInput, type MantineColorsTuple } from '@mantine/core';

const harbour: MantineColorsTuple = [
  '#eef7f9',
  '#dbedf1',
  '#b9dde5',
  '#8fcad7',
  '#66b3c6',
  '#3f97ad',
  '#2b8198',
  '#1d6a80',
  '#155668',
  '#0d4352',
];
const danger: MantineColorsTuple = [
  '#fdf0ef',
  '#fbdedc',
  '#f5b9b5',
  '#ee918b',
  '#e66f68',
  '#d94f47',
  '#c83a33',
  '#ae2a25',
  '#8f211d',
  '#741915',
];
const slate: MantineColorsTuple = [
  '#d9dfe5',
  '#bcc5ce',
  '#9aa6b2',
  '#6c7986',
  '#4a5561',
  '#36404a',
  '#29313a',
  '#1e252d',
  '#171d24',
  '#10151a',
];

/** Beside what opened it in the document, so that it stays within its landmark; fixed, so that nothing cuts it off. */
const inPlace = { withinPortal: false, floatingStrategy: 'fixed' } as const;

export const theme = createTheme({
  primaryColor: 'harbour',
  primaryShade: { light: 7, dark: 7 },
  colors: { harbour, danger, dark: slate },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  focusRing: 'auto',
  respectReducedMotion: true,
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace',
  headings: {
    fontWeight: '600',
    sizes: { h1: { fontSize: '1.375rem', lineHeight: '1.3' }, h2: { fontSize: '1.0625rem', lineHeight: '1.4' } },
  },
  components: {
    Button: { defaultProps: { size: 'sm' } },
    // Locking the page behind a dialog adds a <style> element while running, which the security policy refuses.
    ModalRoot: { defaultProps: { lockScroll: false, centered: true, transitionProps: { duration: 120 } } },
    ModalTitle: { defaultProps: { fw: 600 } },
    Menu: {
      defaultProps: {
        ...inPlace,
        withInitialFocusPlaceholder: false,
        transitionProps: { duration: 0 },
        position: 'bottom-end',
      },
    },
    Combobox: { defaultProps: { ...inPlace, transitionProps: { duration: 0 } } },
    Tooltip: { defaultProps: { ...inPlace, openDelay: 300 } },
  },
});

/** Where Mantine's defaults miss the 4.5:1 of WCAG AA, and the console's own surfaces. */
export const contrastVariables: ConvertCSSVariablesInput = {
  variables: {},
  light: {
    '--mantine-color-dimmed': '#56616c',
    '--mantine-color-placeholder': '#66717c',
    '--mantine-color-error': '#ae2a25',
    '--mantine-color-anchor': '#17657a',
    '--muster-canvas': '#f5f7f9',
    '--muster-surface': '#ffffff',
    '--muster-raised': '#f0f3f6',
    '--muster-line': '#dce2e8',
    '--muster-selected': '#e6f2f5',
    '--muster-good': '#1f7a45',
    '--muster-busy': '#1d6a80',
    '--muster-warn': '#9a5b00',
    '--muster-bad': '#b3261e',
    '--muster-idle': '#64707c',
    '--muster-warn-surface': '#fff6e5',
    '--muster-bad-surface': '#fdeeed',
    '--muster-good-surface': '#e9f6ee',
    '--muster-busy-surface': '#e6f2f5',
  },
  dark: {
    '--mantine-color-dimmed': '#a3afbb',
    '--mantine-color-placeholder': '#98a4b0',
    '--mantine-color-error': '#ff9c95',
    '--mantine-color-anchor': '#8fcad7',
    '--muster-canvas': '#12171d',
    '--muster-surface': '#1a2027',
    '--muster-raised': '#222a32',
    '--muster-line': '#323c46',
    '--muster-selected': '#16323b',
    '--muster-good': '#6fd198',
    '--muster-busy': '#7cc7d9',
    '--muster-warn': '#f0b65a',
    '--muster-bad': '#ff9c95',
    '--muster-idle': '#98a4b0',
    '--muster-warn-surface': '#2e2718',
    '--muster-bad-surface': '#361f1f',
    '--muster-good-surface': '#172c20',
    '--muster-busy-surface': '#16323b',
  },
};
