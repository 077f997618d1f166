import { Injectable } from '@nestjs/common';
import { ListensTo } from '@muster/bus';
import { liveFannedOut, type LiveFanOut } from '@muster/contracts';
import { DirectoryDouble } from '@muster/testing';

/** Where devices are at home, and what consoles would be told. */
@Injectable()
export class WebDouble extends DirectoryDouble {
  readonly told: LiveFanOut[] = [];

  @ListensTo(liveFannedOut)
  fannedOut(fanOut: LiveFanOut): void {
    this.told.push(fanOut);
  }
}
