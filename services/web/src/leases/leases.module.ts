import { Module } from '@nestjs/common';
import { Leases } from './leases.service';

@Module({ providers: [Leases], exports: [Leases] })
export class LeasesModule {}
