import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Health, Log, Periodic } from '@muster/service-kit';
import { KeyManagerConfig } from '../key-manager.config';
import { Authority } from './authority';
import { AuthorityFacts } from './authority-facts';
import { SPARE_PARTS, type SparePart } from './authority-files';
import { addMissingDelegation, renewDelegations } from './delegation-renewal';
import { DAY_MS, fingerprint } from './x509';

/** What does not happen without a part. */
const WITHOUT: Record<SparePart, string> = {
  'signing/audit-head': 'Audit heads stay unsigned. Run `make-certs.sh delegate` where the key of the root is.',
  'signing/release': 'Releases cannot be signed here. Run `make-certs.sh delegate` where the key of the root is.',
};

/** Keeps the authority current: takes up replaced files within seconds, and renews delegations before they end. */
@Injectable()
export class AuthorityWatch implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly reloading: Periodic;
  private readonly renewing: Periodic;
  private readonly log: Log;
  private told = false;

  constructor(
    private readonly authority: Authority,
    private readonly config: KeyManagerConfig,
    private readonly facts: AuthorityFacts,
    health: Health,
    log: Log,
  ) {
    this.log = log.child({ part: 'authority' });
    health.add('authority', () => authority.problems().length === 0);
    health.inform('audit-head-signing', () => authority.problems(['signing/audit-head']).length === 0);
    health.inform('release-signing', () => authority.problems(['signing/release']).length === 0);
    this.reloading = new Periodic(
      config.CA_RELOAD_SECONDS * 1000,
      () => this.reload(),
      (error) => this.log.error({ err: error }, 'CA_DIR cannot be read; the authority as it was before goes on.'),
    );
    this.renewing = new Periodic(
      DAY_MS,
      () => this.renew(),
      (error) => this.log.error({ err: error }, 'A certificate of the authority could not be renewed.'),
    );
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.renewing.run();
    await this.tell();
    this.report();
    this.reloading.start();
    this.renewing.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.reloading.stop(), this.renewing.stop()]);
  }

  private async reload(): Promise<void> {
    if (!(await this.authority.reload())) return this.tell();
    const anchors = this.authority.current.anchors.map(fingerprint);
    this.log.info({ anchors }, 'Took up changed files of the authority.');
    this.report();
    this.told = false;
    await this.tell();
  }

  /** What could not be told, since the database was away, is told with the next look. */
  private async tell(): Promise<void> {
    if (this.told) return;
    try {
      await this.facts.tell(this.authority.current);
      this.told = true;
    } catch (error) {
      this.log.warn({ err: error }, 'The audit log could not be told of the authority; it is tried again.');
    }
  }

  private report(): void {
    for (const problem of this.authority.current.cross.problems) {
      this.log.warn({ problem }, 'A cross certificate is left out: devices that know only its issuer cannot follow.');
    }
    for (const problem of this.authority.current.servers.problems) {
      this.log.warn({ problem }, 'A root for servers is left out: devices refuse servers under it.');
    }
    for (const problem of this.authority.problems()) {
      this.log.error({ problem }, 'A part of the authority cannot be used. Put a valid one into CA_DIR.');
    }
    for (const part of SPARE_PARTS) {
      const [problem] = this.authority.problems([part]);
      if (problem) this.log.warn({ problem }, WITHOUT[part]);
    }
  }

  private async renew(): Promise<void> {
    const { CA_DIR, BASE_DOMAIN } = this.config;
    const missing = SPARE_PARTS.filter((part) => 'problem' in this.authority.current.parts[part]);
    for (const part of missing) await addMissingDelegation(CA_DIR, BASE_DOMAIN, part, this.authority.current);
    if (missing.length > 0) await this.reload();
    const outcomes = await renewDelegations(CA_DIR, BASE_DOMAIN, this.authority.current);
    for (const { part, renewed, notAfter } of outcomes) {
      if (renewed) this.log.info({ part, notAfter }, 'Renewed a certificate of the authority.');
      else this.log.warn({ part, notAfter }, 'Ends soon and its root is offline: renew it there and replace the file.');
    }
    await this.reload();
  }
}
