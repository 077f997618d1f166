import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createService, loadConfig } from '@muster/service-kit';
import { eventually, startNats } from '@muster/testing';
import { AppModule } from '../app.module';
import { BipConfig } from '../bip.config';
import { Edge, HOST } from './edge';
import { type Keys, startKeys } from './key-manager.fixture';
import { OpensslAuthority } from './openssl-authority';

const EDGE_SECRET = 'edge-secret-for-tests';
const SENT_BY_EDGE = { 'x-muster-edge': EDGE_SECRET };
const PROJECT = resolve(import.meta.dirname, '../../../..');
/** A registration key that `keys` knows. */
export const KEY = 'k_0123456789abcdefghijklmnopqrstuvwxyz';

/** The service on real NATS, with the agent of this very source, behind an edge that enrols. */
export class BipUnderTest {
  private readonly stops: Array<() => unknown> = [];
  app!: NestFastifyApplication;
  keys!: Keys;
  edge!: Edge;
  private port = 0;

  private constructor(
    /** Removed at the end. */
    readonly folder: string,
    readonly authority: OpensslAuthority,
  ) {
    this.stops.push(() => rmSync(folder, { recursive: true, force: true }));
  }

  /** @param settings more variables, told the folder */
  static async start(settings: (folder: string) => Record<string, string> = () => ({})): Promise<BipUnderTest> {
    const folder = mkdtempSync(join(tmpdir(), 'muster-bip-'));
    const suite = new BipUnderTest(folder, new OpensslAuthority(folder));
    await suite.begin(settings(folder));
    return suite;
  }

  private async begin(settings: Record<string, string>): Promise<void> {
    const { folder, authority } = this;
    const nats = await startNats();
    this.stops.push(() => nats.stop());
    const { keys, stop } = await startKeys(nats);
    this.stops.push(stop);
    keys.anchors = [authority.rootPem, new OpensslAuthority(folder, 'next').rootPem];
    keys.known.set(KEY, undefined);
    this.keys = keys;
    this.edge = new Edge(authority, EDGE_SECRET, () => this.port);
    await this.edge.start();
    this.stops.push(() => this.edge.stop());
    const { url, user, password } = nats.credentials('bip');
    const config = loadConfig(BipConfig, 'bip', {
      NATS_URL: url,
      NATS_USER: user,
      NATS_PASSWORD: password,
      EDGE_SECRET,
      ITSM_DOMAIN: HOST.replace(/^\w+/, 'console'),
      ITSM_WEB_HOST: HOST, // by which devices come
      ITSM_WEB_IP: '127.0.0.1',
      EDGE_PORT: String(this.edge.port),
      AGENT_DIR: buildAgent(folder),
      LOG_LEVEL: 'fatal',
      PACKAGE_CACHE_DIR: join(folder, 'cache'),
      PACKAGE_COMPRESSION: '1',
      PACKAGE_DOWNLOADS_AT_ONCE: '3',
      ...settings,
    });
    this.app = await createService({ service: 'bip', module: AppModule, config: BipConfig }, config);
    this.stops.push(() => this.app.close());
    await this.app.listen(0, '127.0.0.1');
    this.port = Number(new URL(await this.app.getUrl()).port);
    await eventually(async () => (await this.get('/ca.crt')).status === 200);
  }

  /** As the edge hands it on. */
  get(path: string, signal?: AbortSignal): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.port}${path}`, { headers: SENT_BY_EDGE, ...(signal ? { signal } : {}) });
  }

  async stop(): Promise<void> {
    for (const stop of this.stops.reverse()) await stop();
  }
}

/** Built beside the tests, so that nobody else's build is touched. */
function buildAgent(folder: string): string {
  const output = join(folder, 'agent');
  execFileSync(process.execPath, ['tools/bundle.mjs', 'agent', output], { cwd: PROJECT, stdio: 'pipe' });
  return output;
}

export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}
/** Runs a program to its end, whatever that is. */
export const run = (program: string, given: string[], env: NodeJS.ProcessEnv = process.env): Promise<Ended> =>
  new Promise((done) => {
    execFile(program, given, { env }, (error, stdout, stderr) =>
      done({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    );
  });
