import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually, TestAuthority } from '@muster/testing';
import { AccountsFile } from '../../accounts/accounts-file';
import { programOf } from '../peers/peer-server';
import { TEST_DOMAIN, TestBroker } from '../test-broker';

const run = promisify(execFile);

export const PASSWORD = 'correct horse battery staple';

/** A broker with the accounts `alice` and `bob`, and programs that people use with any XMPP server. */
export class ClientsRig {
  private constructor(
    readonly broker: TestBroker,
    readonly folder: string,
    readonly rootPem: string,
    readonly rootFile: string,
  ) {}

  static async start(): Promise<ClientsRig> {
    const folder = mkdtempSync(join(tmpdir(), 'muster-clients-'));
    const authority = await TestAuthority.create();
    const [rootFile, usersFile] = [join(folder, 'root.pem'), join(folder, 'users')];
    writeFileSync(rootFile, authority.rootPem);
    writeFileSync(usersFile, `alice:${PASSWORD}\nbob:${PASSWORD}\n`, { mode: 0o600 });
    const accounts = new AccountsFile({ path: usersFile, saltKey: randomBytes(32) });
    return new ClientsRig(
      await TestBroker.start(authority, { sasl: { accounts } }),
      folder,
      authority.rootPem,
      rootFile,
    );
  }

  /** Port of direct TLS, or of STARTTLS. */
  port(directTls: boolean): number {
    return (directTls ? this.broker.listener.port : this.broker.listener.starttlsPort) ?? 0;
  }

  /** `sendxmpp` as alice: signs in, sends one message, signs off. */
  async sendxmpp(directTls: boolean, to: string, text: string, password = PASSWORD): Promise<void> {
    const account = ['-u', 'alice', '-p', password, '-j', `127.0.0.1:${this.port(directTls)}`, '-o', TEST_DOMAIN];
    const how = [directTls ? '--ssl' : '--tls', '--tls-ca-path', this.rootFile];
    const sending = run(programOf('sendxmpp'), [...account, ...how, to], {
      env: { PATH: process.env['PATH'] ?? '', HOME: this.folder },
      timeout: 20_000,
    });
    sending.child.stdin?.end(text);
    await sending;
  }

  async stop(): Promise<void> {
    await this.broker.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** `profanity` in a tmux of its own, whose screen is read and whose keyboard is typed on. */
export class Profanity {
  private constructor(private readonly tmux: readonly string[]) {}

  static start({ folder }: ClientsRig): Profanity {
    const home = mkdtempSync(join(folder, 'home-'));
    mkdirSync(join(home, '.config/profanity'), { recursive: true });
    mkdirSync(join(home, '.local/share/profanity'), { recursive: true });
    const tmux = [programOf('tmux'), '-S', join(home, 'tmux')];
    const env = { PATH: process.env['PATH'] ?? '', HOME: home, TERM: 'xterm', LANG: 'C.UTF-8' };
    const [file = '', ...args] = [
      ...tmux,
      '-f',
      '/dev/null',
      'new-session',
      '-d',
      '-x',
      '160',
      '-y',
      '50',
      programOf('profanity'),
    ];
    execFileSync(file, args, { env });
    return new Profanity(tmux);
  }

  type(line: string): void {
    this.#do('send-keys', '-l', line);
    this.#do('send-keys', 'Enter');
  }

  screen(): string {
    return this.#do('capture-pane', '-p');
  }

  /** Types a line again and again until the screen shows this. */
  async repeats(line: string, text: RegExp): Promise<void> {
    const typing = setInterval(() => this.type(line), 500);
    await this.shows(text).finally(() => clearInterval(typing));
  }

  /** Waits until the screen shows this. @throws with the screen as it is instead */
  async shows(text: string | RegExp): Promise<void> {
    try {
      await eventually(() => this.screen().search(text) >= 0, { within: 15_000, every: 100 });
    } catch {
      throw new Error(`the screen does not show ${String(text)}:\n${this.screen()}`);
    }
  }

  stop(): void {
    this.#do('kill-server');
  }

  #do(...words: string[]): string {
    const [file = '', ...args] = [...this.tmux, ...words];
    return execFileSync(file, args, { encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '' } });
  }
}
