import { Module } from '@nestjs/common';
import { UninstallController, UninstallPolicyController } from './uninstalling.controllers';
import { Uninstalling } from './uninstalling.service';

/** The manager face. */
@Module({ controllers: [UninstallPolicyController], providers: [Uninstalling] })
export class UninstallPolicyModule {}

/** The worker face. */
@Module({ controllers: [UninstallController], providers: [Uninstalling] })
export class UninstallModule {}
