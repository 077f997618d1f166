import { Module } from '@nestjs/common';
import { ReportLimitsModule, ServiceDatabaseModule } from '@muster/service-kit/database';
import { ChangesController } from './changes/changes.controller';
import { DevicesConsumer } from './devices/devices.consumer';
import { Housekeeping } from './housekeeping/housekeeping';
import { InventoryIntake } from './reports/inventory-intake';
import { InventoryReportsController } from './reports/inventory-reports.controller';
import { PLUGINS_SCHEMA } from './schema';
import { InventoryController } from './sections/inventory.controller';
import { SoftwareController } from './software/software.controller';
import { InventoryConsumer } from './store/inventory.consumer';
import { InventoryStore } from './store/inventory-store';
import { StoreMetrics } from './store/store-metrics';

/** Inventory: taken in from devices, stored with its history, read by people. */
@Module({
  imports: [ServiceDatabaseModule.forService(PLUGINS_SCHEMA), ReportLimitsModule.forSchema(PLUGINS_SCHEMA.schema)],
  controllers: [InventoryReportsController, InventoryController, SoftwareController, ChangesController],
  providers: [InventoryIntake, InventoryStore, StoreMetrics, InventoryConsumer, DevicesConsumer, Housekeeping],
})
export class AppModule {}
