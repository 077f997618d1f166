import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestAuthority } from '../authority/test-authority';
import { Child } from '../process/child';
import { eventually } from '../process/eventually';
import { freePort } from '../process/free-port';
import { reapAtEnd } from '../process/reaper';

/** Debian's own Python, for which the package `python3-aiosmtpd` is made. */
const PYTHON = process.env['SYSTEM_PYTHON'] ?? '/usr/bin/python3';

export interface TestSmtpOptions {
  security?: 'none' | 'starttls' | 'tls';
  /** Who may send; absent: everybody. */
  user?: string;
  password?: string;
  /** Recipients that are refused for good (550), and those that are to be tried again later (450). */
  refuse?: readonly string[];
  defer?: readonly string[];
  refuseSenders?: readonly string[];
  /** Issues the server's certificate, for `localhost` unless other names are given. */
  authority?: TestAuthority;
  names?: readonly string[];
}

/** A message as the server took it, read by Python's own e-mail package. */
export interface TakenEmail {
  envelope: { from: string; to: string[] };
  tls: boolean;
  user: string | null;
  headers: [string, string][];
  text: string;
  html: string;
  /** Base64 of all that came after DATA. */
  raw: string;
}

/** A real mail server on loopback (aiosmtpd). It ends with the test process. */
export class TestSmtp {
  private server?: Child;

  constructor(
    readonly port: number,
    private readonly folder: string,
    private options: TestSmtpOptions,
  ) {}

  /** Starts it, also again after `stop`, with the same port and spool. */
  async start(changed: TestSmtpOptions = {}): Promise<void> {
    this.options = { ...this.options, ...changed };
    const { authority, names = ['localhost'], ...options } = this.options;
    const files = { certificate: join(this.folder, 'cert.pem'), key: join(this.folder, 'key.pem') };
    if (authority) {
      const issued = await authority.server(names);
      writeFileSync(files.certificate, issued.chain);
      writeFileSync(files.key, issued.key, { mode: 0o600 });
    }
    const settings = { ...options, ...files, port: this.port, spool: this.spool };
    const script = new URL('./smtp-server.py', import.meta.url).pathname;
    const server = new Child(PYTHON, [script, JSON.stringify(settings)]);
    this.server = server;
    await eventually(
      () => {
        if (!server.running) throw new Error(`the mail server did not start: ${server.lastOutput}`);
        return server.lastOutput.includes('ready');
      },
      { within: 20_000 },
    );
  }

  /** What it took so far, in that order. */
  messages(): TakenEmail[] {
    return readdirSync(this.spool)
      .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
      .map((name) => JSON.parse(readFileSync(join(this.spool, name), 'utf8')) as TakenEmail);
  }

  /** Waits for the newest message to this recipient; with `after` for a further one than those many. */
  messageTo(recipient: string, after = 0): Promise<TakenEmail> {
    return eventually(
      () => {
        const found = this.messages().filter(({ envelope }) => envelope.to.includes(recipient));
        return found.length > after ? found.at(-1) : undefined;
      },
      { within: 30_000 },
    );
  }

  async stop(): Promise<void> {
    await this.server?.stop('SIGKILL');
  }

  /** Stops it and forgets what it took. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get spool(): string {
    return join(this.folder, 'spool');
  }
}

export async function startSmtp(options: TestSmtpOptions = {}): Promise<TestSmtp> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-test-smtp-'));
  reapAtEnd({ folder });
  mkdirSync(join(folder, 'spool'));
  const smtp = new TestSmtp(await freePort(), folder, options);
  await smtp.start();
  return smtp;
}
