import { Module } from '@nestjs/common';
import { DevicesModule } from '../devices/devices.module';
import { LiveModule } from '../live/live.module';
import { MergeAnswers } from './merge-answers.service';
import { MergeQuestionsController } from './merge-questions.controller';

@Module({
  imports: [DevicesModule, LiveModule],
  controllers: [MergeQuestionsController],
  providers: [MergeAnswers],
})
export class MergeQuestionsModule {}
