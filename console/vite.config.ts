import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
// Vite may read its configuration with Node.js itself: these imports, and theirs, need the extension.
import { componentStyles } from './build/component-styles.ts';
import { themeStyles } from './build/theme-styles.ts';

/** The routes, forms and types come from the contracts; only those files of them that a screen names are shipped. */
const contracts = `${resolve(import.meta.dirname, '../libs/contracts')}/`;

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), themeStyles(), componentStyles()],
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    // Data URLs would need a wider content security policy.
    assetsInlineLimit: 0,
    rolldownOptions: { treeshake: { moduleSideEffects: (id) => !id.startsWith(contracts) } },
  },
  server: { host: '127.0.0.1' },
  preview: { host: '127.0.0.1' },
});
