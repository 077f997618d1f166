import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { NetworkInterfaceInfo } from 'node:os';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { InventorySection } from '@muster/contracts';
import { collectSection } from '../collected-section';
import { DeviceFiles } from '../machine/device-files';
import { CommandFailure, type Commands, type DevicePlatform, type Machine } from '../machine/machine';
import { SOURCES } from '../sources';

export interface Recording {
  platform?: DevicePlatform;
  architecture?: string;
  privileged?: boolean;
  /** Content by path. */
  files?: Record<string, string | Buffer>;
  /** Target by path of a symbolic link. */
  links?: Record<string, string>;
  /** Output by the beginning of the command line; the longest that fits is taken. An error is thrown. */
  commands?: Record<string, string | Error>;
  addresses?: NodeJS.Dict<NetworkInterfaceInfo[]>;
}

/** Another device, as its files and the output of its programs were written down. */
export class RecordedMachine implements Machine {
  readonly platform: DevicePlatform;
  readonly architecture: string;
  readonly privileged: boolean;
  readonly files: DeviceFiles;
  readonly commands: Commands;
  readonly root = mkdtempSync(join(tmpdir(), 'muster-recorded-'));
  /** Command lines that were run. */
  readonly ran: string[] = [];

  constructor(private readonly recording: Recording) {
    this.platform = recording.platform ?? 'linux';
    this.architecture = recording.architecture ?? 'x64';
    this.privileged = recording.privileged ?? true;
    this.files = new DeviceFiles(this.root);
    this.commands = this.recordedCommands(recording.commands ?? {});
    this.record(recording);
  }

  record({ files = {}, links = {} }: Pick<Recording, 'files' | 'links'>): void {
    for (const [path, content] of Object.entries(files)) writeFileSync(this.made(path), content);
    for (const [path, target] of Object.entries(links)) symlinkSync(target, this.made(path));
  }

  addresses(): NodeJS.Dict<NetworkInterfaceInfo[]> {
    return this.recording.addresses ?? {};
  }

  /** Clean items of a section, without keys and digests. */
  async items(section: InventorySection): Promise<Array<Record<string, unknown>>> {
    const { items } = await collectSection(this, section, SOURCES);
    return [...items.values()].map(({ json }) => JSON.parse(json) as Record<string, unknown>);
  }

  async unreadable(section: InventorySection): Promise<Record<string, string>> {
    const { unreadable } = await collectSection(this, section, SOURCES);
    return Object.fromEntries(unreadable.map(({ what, why }) => [what, why]));
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  private made(path: string): string {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    return join(this.root, path);
  }

  private recordedCommands(outputs: Record<string, string | Error>): Commands {
    const lines = Object.keys(outputs).sort((left, right) => right.length - left.length);
    return {
      has: (program) => Promise.resolve(lines.some((line) => line === program || line.startsWith(`${program} `))),
      run: (program, given) => {
        const asked = [program, ...given].join(' ');
        this.ran.push(asked);
        // PowerShell's expressions stand in parentheses within a longer script.
        const line = lines.find((known) => [' ', '('].some((before) => ` ${asked}`.includes(`${before}${known}`)));
        const output = line === undefined ? new CommandFailure(program, 'missing', 'not recorded') : outputs[line];
        return output instanceof Error ? Promise.reject(output) : Promise.resolve(output ?? '');
      },
    };
  }
}
