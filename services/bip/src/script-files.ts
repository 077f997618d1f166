import { readFile } from 'node:fs/promises';

/** Shell scripts as files of their own, so that editors and shellcheck see them. Beside `src/` and `dist/` alike. */
export const scriptFile = (name: 'install.sh' | 'uninstall.sh'): Promise<string> =>
  readFile(new URL(`../scripts/${name}`, import.meta.url), 'utf8');
