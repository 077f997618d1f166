import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  createApiToken,
  listReleases,
  type Release,
  removeRelease,
  revokeApiToken,
  stopRelease,
} from '@muster/contracts';
import type { Api } from './api';
import { data, httpsPort, ITSM_DOMAIN, project } from './stack';

/** Builds of the agent, published as an administrator does: by the tool, with a token that may do nothing else. */
export class Publisher {
  private constructor(
    private readonly admin: Api,
    private readonly token: { id: string; secret: string },
    readonly folder: string,
  ) {}

  static async create(admin: Api): Promise<Publisher> {
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const body = { name: 'publishes releases', permissions: ['releases.write' as const], expiresAt };
    const token = await admin.call(createApiToken, { body });
    return new Publisher(admin, token, mkdtempSync(join(tmpdir(), 'muster-releases-')));
  }

  /** The build that the stack runs, as of another version, with lines more at its beginning. @returns its folder */
  build(version: string, lines = ''): string {
    const folder = join(this.folder, version);
    mkdirSync(folder);
    cpSync(join(project, 'agent/dist'), folder, { recursive: true });
    const main = readFileSync(join(folder, 'main.mjs'), 'utf8');
    const named = main.replace(/AGENT_VERSION = "[^"]+"/, `AGENT_VERSION = "${version}"`);
    if (named === main) throw new Error('the build does not say which version it is');
    writeFileSync(join(folder, 'main.mjs'), `${lines}${named}`);
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: '@muster/agent', version, type: 'module' }));
    return folder;
  }

  /** @returns what the tool said; rejects with its `stderr` where it ends badly */
  async publish(...given: string[]): Promise<string> {
    const address = ['--url', `https://${ITSM_DOMAIN}:${httpsPort}`, '--address', '127.0.0.1'];
    const ca = ['--ca', join(data, 'certificates/anchors.pem')];
    const tool = join(project, 'tools/publish-release.mjs');
    const env = { ...process.env, MUSTER_TOKEN: this.token.secret };
    return (await promisify(execFile)(process.execPath, [tool, ...address, ...ca, ...given], { env })).stdout;
  }

  async releaseOf(version: string): Promise<Release> {
    const { releases } = await this.admin.call(listReleases, { query: { search: version } });
    const found = releases.find((one) => one.version === version);
    if (!found) throw new Error(`there is no release ${version}`);
    return found;
  }

  /** Takes all releases back: devices of other tests are not to be updated. */
  async close(): Promise<void> {
    for (const { id, state } of (await this.admin.call(listReleases)).releases) {
      if (state === 'running') await this.admin.call(stopRelease, { params: { id } });
      if (state !== 'uploading') await this.admin.call(removeRelease, { params: { id } });
    }
    await this.admin.call(revokeApiToken, { params: { id: this.token.id } });
    rmSync(this.folder, { recursive: true, force: true });
  }
}
