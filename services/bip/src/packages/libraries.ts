import { SYSTEM_LIBRARIES } from '../node-programs/node-program';

/** GNU libc that Node.js' own builds of version 18 and later need. */
const GLIBC = '2.28';

const DEBIAN: Readonly<Record<string, string>> = {
  'libstdc++.so.6': 'libstdc++6',
  'libgcc_s.so.1': 'libgcc-s1 | libgcc1', // renamed in Debian 11
  'libatomic.so.1': 'libatomic1',
};

/** The field `Depends` for a program that is linked to these libraries (deb-control(5)). */
export const debianDepends = (libraries: readonly string[]): string =>
  [
    `libc6 (>= ${GLIBC})`,
    ...Object.keys(DEBIAN).flatMap((name) => (libraries.includes(name) ? [DEBIAN[name]] : [])),
  ].join(', ');

/** The names that rpm's own dependency generators give these libraries. */
export const rpmRequires = (libraries: readonly string[]): string[] => [
  `libc.so.6(GLIBC_${GLIBC})(64bit)`,
  ...SYSTEM_LIBRARIES.filter((name) => name.startsWith('lib') && libraries.includes(name)).map(
    (name) => `${name}()(64bit)`,
  ),
];
