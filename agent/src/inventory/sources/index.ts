import type { AnySource } from '../source';
import { linuxAntivirus } from './linux/antivirus';
import { linuxDefender } from './linux/defender';
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
import { macAntivirus } from './macos/antivirus';
import { macApplications } from './macos/applications';
import { macControllers } from './macos/controllers';
import { macDisks } from './macos/disks';
import { macEncryption } from './macos/encryption';
import { macFirmware } from './macos/firmware';
import { macMemoryModules } from './macos/memory-modules';
import { macMonitors } from './macos/monitors';
import { macNetworks } from './macos/networks';
import { macOperatingSystem } from './macos/operating-system';
import { macProcessors } from './macos/processors';
import { macServices } from './macos/services';
import { macSignIns } from './macos/sign-ins';
import { macSystem } from './macos/system';
import { macUsers } from './macos/users';
import { macVolumes } from './macos/volumes';
import { apk } from './software/apk';
import { dpkg } from './software/dpkg';
import { flatpak } from './software/flatpak';
import { homebrew } from './software/homebrew';
import { npm } from './software/npm';
import { pacman } from './software/pacman';
import { pip } from './software/pip';
import { rpm } from './software/rpm';
import { snap } from './software/snap';
import { windowsAntivirus } from './windows/antivirus';
import { appx } from './windows/appx';
import { windowsControllers } from './windows/controllers';
import { windowsDisks } from './windows/disks';
import { windowsEncryption } from './windows/encryption';
import { windowsFirmware } from './windows/firmware';
import { windowsMemoryModules } from './windows/memory-modules';
import { windowsMonitors } from './windows/monitors';
import { windowsNetworks } from './windows/networks';
import { windowsOperatingSystem } from './windows/operating-system';
import { windowsPrinters } from './windows/printers';
import { windowsProcessors } from './windows/processors';
import { windowsServices } from './windows/services';
import { windowsSignIns } from './windows/sign-ins';
import { windowsSystem } from './windows/system';
import { uninstallKeys } from './windows/uninstall-keys';
import { windowsUsers } from './windows/users';
import { windowsVolumes } from './windows/volumes';

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
  linuxDefender,
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

  windowsSystem,
  windowsFirmware,
  windowsProcessors,
  windowsMemoryModules,
  windowsDisks,
  windowsVolumes,
  windowsControllers,
  windowsNetworks,
  windowsMonitors,
  windowsPrinters,
  windowsOperatingSystem,
  windowsUsers,
  windowsSignIns,
  windowsServices,
  windowsAntivirus,
  windowsEncryption,
  appx,
  uninstallKeys,

  macSystem,
  macFirmware,
  macProcessors,
  macMemoryModules,
  macDisks,
  macVolumes,
  macControllers,
  macNetworks,
  macMonitors,
  macOperatingSystem,
  macUsers,
  macSignIns,
  macServices,
  macAntivirus,
  macEncryption,
  macApplications,
];
