import type { Machine } from './machine/machine';

/** Files that change when what they hold changes: package databases, accounts, sign-ins, units, network settings. */
const MARKED: Record<Machine['platform'], readonly string[]> = {
  linux: [
    '/var/lib/dpkg/status',
    '/var/lib/rpm/rpmdb.sqlite',
    '/var/lib/rpm/Packages',
    '/usr/lib/sysimage/rpm/rpmdb.sqlite',
    '/lib/apk/db/installed',
    '/var/lib/pacman/local',
    '/var/lib/snapd/snaps',
    '/var/lib/flatpak/.changed',
    '/etc/passwd',
    '/etc/group',
    '/var/log/wtmp',
    '/etc/systemd/system',
    '/etc/os-release',
    '/etc/resolv.conf',
    '/etc/cups/printers.conf',
  ],
  macos: ['/Applications', '/opt/homebrew/Cellar', '/usr/local/Cellar', '/Library/Receipts/InstallHistory.plist'],
  // Registry and CIM have no such files.
  windows: [],
};

/** Notices cheaply that an inventory is out of date. */
export class SourceMarks {
  private taken?: string;

  constructor(private readonly machine: Machine) {}

  /** Remembers how files are before a collection reads them. */
  async take(): Promise<void> {
    this.taken = await this.read();
  }

  /** Whether something changed since; true when nothing was collected yet. */
  async changed(): Promise<boolean> {
    return this.taken === undefined || this.taken !== (await this.read());
  }

  private async read(): Promise<string> {
    const { files, platform } = this.machine;
    const marks = await Promise.all(MARKED[platform].map((path) => files.stat(path)));
    return marks.map((stat) => (stat ? `${stat.ino}:${stat.mtimeMs}:${stat.size}` : '')).join('|');
  }
}
