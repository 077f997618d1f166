import { Module } from '@nestjs/common';
import { AgentFiles } from './installers/agent-files';
import { InstallersController } from './installers/installers.controller';
import { KeyDoor } from './installers/key-door';

@Module({
  controllers: [InstallersController],
  providers: [{ provide: AgentFiles, inject: AgentFiles.needs, useFactory: AgentFiles.load }, KeyDoor],
})
export class AppModule {}
