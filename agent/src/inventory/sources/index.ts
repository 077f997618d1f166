import type { AnySource } from '../source';
import { linuxAntivirus } from './linux/antivirus';
import { linuxDisks } from './linux/disks';
import { linuxEncryption } from './linux/encryption';
import { linuxFirmware } from './linux/firmware';
import { linuxMemoryModules } from './linux/memory-modules';
import { linuxMonitors } from './linux/monitors';
import { linuxNetworks } from './linux/networks';
import { linuxOperatingSystem } from './linux/operating-system';
import { linuxPci } from './linux/pci';
import { linuxPrinters } from './linux/printers';
import { linuxProcessors } from './linux/processors';
import { linuxServices } from './linux/services';
import { linuxSignIns } from './linux/sign-ins';
import { linuxSystem } from './linux/system';
import { linuxUsb } from './linux/usb';
import { linuxUsers } from './linux/users';
import { linuxVolumes } from './linux/volumes';
import { apk } from './software/apk';
import { dpkg } from './software/dpkg';
import { flatpak } from './software/flatpak';
import { homebrew } from './software/homebrew';
import { npm } from './software/npm';
import { pacman } from './software/pacman';
import { pip } from './software/pip';
import { rpm } from './software/rpm';
import { snap } from './software/snap';

/** Every place that inventory is read from. A new one is a file of its own and a line here. */
export const SOURCES: readonly AnySource[] = [
  linuxSystem,
  linuxFirmware,
  linuxProcessors,
  linuxMemoryModules,
  linuxDisks,
  linuxVolumes,
  linuxPci,
  linuxUsb,
  linuxNetworks,
  linuxMonitors,
  linuxPrinters,
  linuxOperatingSystem,
  linuxUsers,
  linuxSignIns,
  linuxServices,
  linuxAntivirus,
  linuxEncryption,
  dpkg,
  rpm,
  apk,
  pacman,
  snap,
  flatpak,
  pip,
  npm,
  homebrew,
];
