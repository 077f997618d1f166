import { createHash } from 'node:crypto';

/** What of `docker image inspect` says what an image does. */
export interface InspectedImage {
  Id: string;
  RootFS: { Layers?: string[] | null };
  Config: {
    Entrypoint?: string[] | null;
    Cmd?: string[] | null;
    Env?: string[] | null;
    User?: string;
    WorkingDir?: string;
  };
}

/**
 * SHA-256 of an image's layers and of what it starts, in lower-case hex. Two images that differ in labels alone, such as
 * the version, have the same one: a container of the one need not be replaced by one of the other. Unlike an id it does
 * not depend on how an engine stores images. deploy/images/release.mjs makes the same.
 */
export function fingerprintOf({ RootFS, Config }: InspectedImage): string {
  const { Entrypoint, Cmd, Env, User, WorkingDir } = Config;
  const what = [RootFS.Layers ?? [], Entrypoint ?? [], Cmd ?? [], Env ?? [], User ?? '', WorkingDir ?? ''];
  return createHash('sha256').update(JSON.stringify(what)).digest('hex');
}
