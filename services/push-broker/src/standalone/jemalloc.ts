import { existsSync } from 'node:fs';

/** Where Debian and Alpine have it. */
const LIBRARIES = ['x86_64-linux-gnu', 'aarch64-linux-gnu', '.'].map((folder) => `/usr/lib/${folder}/libjemalloc.so.2`);

/**
 * Environment in which a process allocates by jemalloc and gives back soon what it does not use any more; nothing where
 * it is not installed. glibc's allocator keeps what clients leave behind that come and go.
 */
export function jemalloc(): Record<string, string> {
  const library = LIBRARIES.find((path) => existsSync(path));
  return library ? { LD_PRELOAD: library, MALLOC_CONF: 'dirty_decay_ms:1000,muzzy_decay_ms:0' } : {};
}
