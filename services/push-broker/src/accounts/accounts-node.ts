import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Log } from '@muster/service-kit';
import { isDevice } from '../core/policy';
import { XmppServer } from '../core/server';
import { StreamError } from '../core/stream-error';
import { PushBrokerConfig } from '../push-broker.config';
import { AccountsFile } from './accounts-file';
import { saltKey } from './salt-key';

/** The accounts that are configured, if any. @throws when their file cannot be used */
@Injectable()
export class ConfiguredAccounts {
  readonly file: AccountsFile | undefined;

  constructor(config: PushBrokerConfig) {
    const { XMPP_USERS_FILE: path, NODE_STATE_DIR: folder } = config;
    if (path === undefined) return;
    this.file = new AccountsFile({ path, saltKey: saltKey(folder), isReserved: (local) => isDevice({ local }) });
  }
}

/** Keeps accounts current, and ends the sessions of those that are gone or have another secret. */
@Injectable()
export class AccountsNode implements OnApplicationBootstrap, OnModuleDestroy {
  private watching?: NodeJS.Timeout;
  private lastFault = '';

  constructor(
    private readonly config: PushBrokerConfig,
    private readonly accounts: ConfiguredAccounts,
    private readonly server: XmppServer,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    const { file } = this.accounts;
    if (!file) return;
    this.log.info({ accounts: file.count }, 'Accounts with a secret may sign in.');
    if (file.isExposed)
      this.log.warn(
        { file: this.config.XMPP_USERS_FILE },
        'Everybody on this machine can read the secrets of accounts.',
      );
    this.watching = setInterval(() => this.reload(file), this.config.XMPP_CERT_CHECK_SECONDS * 1000);
  }

  onModuleDestroy(): void {
    clearInterval(this.watching);
  }

  private reload(file: AccountsFile): void {
    try {
      const gone = new Set(file.reload());
      if (gone.size > 0) {
        const error = new StreamError('not-authorized', 'the account is gone, or has another secret');
        const ended = this.server.evict(error, ({ local }) => gone.has(local));
        this.log.info({ accounts: file.count, changed: gone.size, ended }, 'Accounts have changed.');
      }
      this.lastFault = '';
    } catch (error) {
      if (String(error) !== this.lastFault) this.log.warn({ err: error }, 'Changed accounts cannot be used.');
      this.lastFault = String(error);
    }
  }
}
