import { Module } from '@nestjs/common';
import { DEVICE_DIRECTORY } from '@muster/service-kit';
import { LiveModule } from '../live/live.module';
import { Directory } from './device-directory';
import { DeviceMetrics } from './device-metrics';
import { Devices } from './devices.service';
import { DevicesController } from './devices.controller';
import { InventoryFactsConsumer } from './inventory-facts.consumer';
import { InventoryFactsKeeper } from './inventory-facts.service';
import { LocateDevicesConsumer } from './locate-devices.consumer';

/** Which organisation a device belongs to: both faces, the guard for devices, and other services need it. */
@Module({
  providers: [Directory, LocateDevicesConsumer, { provide: DEVICE_DIRECTORY, useExisting: Directory }],
  exports: [Directory, DEVICE_DIRECTORY],
})
export class DirectoryModule {}

/** Devices as people see and change them: the manager face. */
@Module({
  imports: [DirectoryModule, LiveModule],
  controllers: [DevicesController],
  providers: [Devices, DeviceMetrics, InventoryFactsConsumer, InventoryFactsKeeper],
  exports: [Devices],
})
export class DevicesModule {}
