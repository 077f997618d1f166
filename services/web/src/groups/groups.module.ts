import { Module } from '@nestjs/common';
import { LiveModule } from '../live/live.module';
import { Groups } from './groups.service';
import { GroupsController } from './groups.controller';

@Module({ imports: [LiveModule], controllers: [GroupsController], providers: [Groups] })
export class GroupsModule {}
