import { Module } from '@nestjs/common';
import { AgentFiles } from './installers/agent-files';
import { EnrolmentSettings } from './installers/enrolment-settings';
import { InstallersController } from './installers/installers.controller';
import { KeyDoor } from './installers/key-door';
import { LooseFilesController } from './installers/loose-files.controller';
import { ShellInstaller } from './installers/shell-installer';
import { NodePrograms } from './node-programs/node-programs';
import { Archives } from './packages/archives';
import { Downloads } from './packages/downloads';
import { Offers } from './packages/offers';
import { PackageChecks } from './packages/package-checks';
import { PackageChecksController } from './packages/package-checks.controller';
import { PackagesController } from './packages/packages.controller';
import { Packages } from './packages/packages.service';

@Module({
  controllers: [InstallersController, PackagesController, PackageChecksController, LooseFilesController],
  providers: [
    { provide: AgentFiles, inject: AgentFiles.needs, useFactory: AgentFiles.load },
    { provide: NodePrograms, inject: NodePrograms.needs, useFactory: NodePrograms.load },
    Archives,
    Downloads,
    EnrolmentSettings,
    KeyDoor,
    Offers,
    PackageChecks,
    Packages,
    ShellInstaller,
  ],
})
export class AppModule {}
