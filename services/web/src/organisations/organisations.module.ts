import { Module } from '@nestjs/common';
import { OrganisationsController } from './organisations.controller';
import { Organisations } from './organisations.service';

/** Makes the default organisation at the first start of any face. */
@Module({ providers: [Organisations], exports: [Organisations] })
export class OrganisationsModule {}

@Module({ imports: [OrganisationsModule], controllers: [OrganisationsController] })
export class OrganisationsFaceModule {}
