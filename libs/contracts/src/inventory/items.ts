import { Decimal, Flag, Instant, List, OneOf, text, Text, Whole } from '../schema/fields';
import type { Class } from '../schema/registry';

const bytes = { min: 0, max: Number.MAX_SAFE_INTEGER, optional: true, about: 'Bytes.' } as const;
const short = { max: 200, optional: true } as const;

/**
 * One thing of a device's inventory. The key names it within its section for as long as it is the same thing (a slot, a
 * mount point, a package's name and architecture), so that an upgrade is a change and not a loss and a find.
 */
export class InventoryItem {
  @Text({ min: 1, max: 600 }) key: string;
  @Text({
    min: 16,
    max: 16,
    pattern: /^[0-9a-f]{16}$/,
    about: "First 8 bytes, hex, of the SHA-256 of the device's own JSON of the other fields.",
  })
  digest: string;
}
export class SystemItem extends InventoryItem {
  @Text(short) manufacturer?: string;
  @Text(short) model?: string;
  @Text(short) serialNumber?: string;
  @Text(short) assetTag?: string;
  @Text({ ...short, about: 'SMBIOS system UUID.' }) uuid?: string;
  @Text({ ...short, about: 'desktop, laptop, server, container, virtual machine and so on.' }) chassis?: string;
  @Text({ ...short, about: 'The hypervisor or container engine, where there is one.' }) virtualisation?: string;
}
export class FirmwareItem extends InventoryItem {
  @Text(short) vendor?: string;
  @Text(short) version?: string;
  @Text({ ...short, about: 'As the firmware writes it, mostly a date.' }) releasedAt?: string;
  @Text({ ...short, about: 'uefi or bios.' }) type?: string;
  @Flag({ optional: true }) secureBoot?: boolean;
}
export class ProcessorItem extends InventoryItem {
  @Text(short) manufacturer?: string;
  @Text(short) name?: string;
  @Text(short) socket?: string;
  @Whole({ min: 1, max: 65_536, optional: true }) cores?: number;
  @Whole({ min: 1, max: 65_536, optional: true }) threads?: number;
  @Decimal({ min: 0, max: 1e6, optional: true, about: 'MHz.' }) frequencyMhz?: number;
  @Text(short) architecture?: string;
}
export class MemoryModuleItem extends InventoryItem {
  @Text(short) slot?: string;
  @Whole(bytes) sizeBytes?: number;
  @Text(short) type?: string;
  @Decimal({ min: 0, max: 1e6, optional: true, about: 'MT/s.' }) speed?: number;
  @Text(short) manufacturer?: string;
  @Text(short) partNumber?: string;
  @Text(short) serialNumber?: string;
}
export class DiskItem extends InventoryItem {
  @Text({ ...short, about: 'The system’s name for it, for example /dev/sda.' }) name?: string;
  @Text(short) vendor?: string;
  @Text(short) model?: string;
  @Text(short) serialNumber?: string;
  @Text({ ...short, about: 'ssd, hdd, nvme, virtual and so on.' }) type?: string;
  @Text(short) bus?: string;
  @Whole(bytes) sizeBytes?: number;
  @Text({ ...short, about: 'What the disk says about itself (S.M.A.R.T.).' }) health?: string;
}
export class VolumeItem extends InventoryItem {
  @Text({ max: 512 }) mountPoint: string;
  @Text({ max: 512, optional: true }) device?: string;
  @Text(short) fileSystem?: string;
  @Text(short) label?: string;
  @Text(short) uuid?: string;
  @Whole(bytes) sizeBytes?: number;
  @Flag({ optional: true }) readOnly?: boolean;
  @Flag({ optional: true }) encrypted?: boolean;
}
export class ControllerItem extends InventoryItem {
  @Text({ ...short, about: 'pci or usb.' }) bus?: string;
  @Text(short) address?: string;
  @Text({ ...short, about: 'graphics, network, storage, audio, usb and so on.' }) type?: string;
  @Text(short) vendor?: string;
  @Text({ max: 400, optional: true }) name?: string;
  @Text(short) driver?: string;
}
export class NetworkItem extends InventoryItem {
  @Text({ max: 128 }) name: string;
  @Text({ max: 64, optional: true }) mac?: string;
  @List(text({ max: 64 }), { max: 64, optional: true, about: 'With prefix length, for example 192.0.2.7/24.' })
  addresses?: string[];
  @Text({ ...short, about: 'ethernet, wireless, loopback, virtual and so on.' }) type?: string;
  @Flag({ optional: true }) dhcp?: boolean;
  @Text({ ...short }) gateway?: string;
  @List(text({ max: 64 }), { max: 16, optional: true }) nameServers?: string[];
  @Decimal({ min: 0, max: 1e9, optional: true, about: 'Mbit/s.' }) speedMbit?: number;
}
export class MonitorItem extends InventoryItem {
  @Text(short) vendor?: string;
  @Text(short) model?: string;
  @Text(short) serialNumber?: string;
  @Text({ ...short, about: 'HDMI-1 and so on.' }) connection?: string;
  @Text({ ...short, about: 'For example 1920x1080.' }) resolution?: string;
  @Whole({ min: 1900, max: 2200, optional: true }) yearMade?: number;
}
export class PrinterItem extends InventoryItem {
  @Text({ max: 200 }) name: string;
  @Text({ max: 400, optional: true }) model?: string;
  @Text({ max: 1000, optional: true }) address?: string;
  @Flag({ optional: true }) isDefault?: boolean;
  @Flag({ optional: true }) shared?: boolean;
}
export class OperatingSystemItem extends InventoryItem {
  @Text({ max: 200 }) name: string;
  @Text(short) version?: string;
  @Text(short) build?: string;
  @Text(short) codename?: string;
  @Text(short) kernel?: string;
  @Text(short) architecture?: string;
  @Text({ max: 255, optional: true }) hostName?: string;
  @Text({ max: 255, optional: true }) domain?: string;
  @Text({ max: 64, optional: true }) timeZone?: string;
  @Text({ max: 64, optional: true }) locale?: string;
  @Instant({ optional: true }) installedAt?: string;
}
export class UserItem extends InventoryItem {
  @Text({ max: 200 }) name: string;
  @Text({ max: 200, optional: true, about: 'Number or security identifier.' }) id?: string;
  @Text({ max: 400, optional: true }) fullName?: string;
  @Text({ max: 512, optional: true }) home?: string;
  @Text({ max: 512, optional: true }) shell?: string;
  @Flag({ optional: true }) administrator?: boolean;
  @Flag({ optional: true }) disabled?: boolean;
  @List(text({ max: 200 }), { max: 200, optional: true }) groups?: string[];
}
export class SignInItem extends InventoryItem {
  @Text({ max: 200 }) user: string;
  @Text({ max: 64, optional: true }) terminal?: string;
  @Text({ max: 255, optional: true, about: 'Host or address that the user came from; absent for the console.' })
  from?: string;
  @Instant({ optional: true }) startedAt?: string;
  @Instant({ optional: true, about: 'Absent while signed in.' }) endedAt?: string;
}
export class ServiceItem extends InventoryItem {
  @Text({ max: 400 }) name: string;
  @Text({ max: 1000, optional: true }) description?: string;
  @Text({ ...short, about: 'running, stopped, failed and so on.' }) state?: string;
  @Text({ ...short, about: 'enabled, disabled, automatic, manual and so on.' }) startMode?: string;
  @Text(short) account?: string;
}
export const PROTECTION_STATES = ['on', 'off', 'partly', 'unknown'] as const;
export type ProtectionState = (typeof PROTECTION_STATES)[number];
export class AntivirusItem extends InventoryItem {
  @Text({ max: 200 }) name: string;
  @OneOf(PROTECTION_STATES) state: ProtectionState;
  @Text(short) version?: string;
  @Text({ ...short, about: 'Version or date of its signatures.' }) signatures?: string;
  @Flag({ optional: true }) upToDate?: boolean;
}
export class EncryptionItem extends InventoryItem {
  @Text({ max: 512, about: 'Mount point, disk or drive letter.' }) volume: string;
  @OneOf(PROTECTION_STATES) state: ProtectionState;
  @Text({ ...short, about: 'LUKS2, BitLocker, FileVault and so on.' }) method?: string;
  @Flag({ optional: true, about: 'Holds the operating system.' }) system?: boolean;
}

/** Where software comes from, which also says how its versions compare. */
export const SOFTWARE_SOURCES = [
  'dpkg',
  'rpm',
  'apk',
  'pacman',
  'snap',
  'flatpak',
  'pip',
  'npm',
  'windows',
  'appx',
  'macos',
  'homebrew',
] as const;
export type SoftwareSource = (typeof SOFTWARE_SOURCES)[number];
export class SoftwareItem extends InventoryItem {
  @OneOf(SOFTWARE_SOURCES) source: SoftwareSource;
  @Text({ min: 1, max: 400 }) name: string;
  @Text({ max: 200 }) version: string;
  @Text({ max: 64, optional: true }) architecture?: string;
  @Text({ max: 400, optional: true }) publisher?: string;
  @Text({ max: 512, optional: true, about: 'User or folder, where it is not for the whole device.' }) scope?: string;
  @Whole(bytes) sizeBytes?: number;
  @Instant({ optional: true }) installedAt?: string;
}

/** The sections of an inventory, and what each is made of. */
export const INVENTORY_SECTIONS = {
  system: SystemItem,
  firmware: FirmwareItem,
  processors: ProcessorItem,
  'memory-modules': MemoryModuleItem,
  disks: DiskItem,
  volumes: VolumeItem,
  controllers: ControllerItem,
  networks: NetworkItem,
  monitors: MonitorItem,
  printers: PrinterItem,
  'operating-system': OperatingSystemItem,
  users: UserItem,
  'sign-ins': SignInItem,
  services: ServiceItem,
  antivirus: AntivirusItem,
  encryption: EncryptionItem,
  software: SoftwareItem,
} as const satisfies Record<string, Class<InventoryItem>>;
export type InventorySection = keyof typeof INVENTORY_SECTIONS;
export const SECTION_NAMES = Object.keys(INVENTORY_SECTIONS) as InventorySection[];
