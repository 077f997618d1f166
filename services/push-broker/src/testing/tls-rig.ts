import type { Duplex } from 'node:stream';
import { type CertifiedFiles, TestAuthority } from '@muster/testing';
import { afterEach, beforeAll, expect } from 'vitest';
import { TEST_DOMAIN, TestBroker, type TestOptions } from './test-broker';

/** A device that has a certificate. */
export const RIG_DEVICE = '01900000-0000-7000-8000-00000000000a';

/** What was read on a connection so far. */
export type Noting<S> = S & { seen: string };

/** A broker behind its ports, one for each test, and connections to it that end with the test. */
export class TlsRig {
  authority!: TestAuthority;
  device!: CertifiedFiles;
  broker!: TestBroker;
  readonly #connections: Duplex[] = [];

  /** Registers what is to be done before and after the tests of the file or block that calls it. */
  static prepared(): TlsRig {
    const rig = new TlsRig();
    beforeAll(async () => {
      rig.authority = await TestAuthority.create();
      rig.device = await rig.authority.device(RIG_DEVICE, { xmppDomain: TEST_DOMAIN });
    });
    afterEach(async () => {
      for (const connection of rig.#connections.splice(0)) connection.destroy();
      await rig.broker.stop();
      expect(rig.broker.faults).toEqual([]);
    });
    return rig;
  }

  async start(options: TestOptions = {}): Promise<TestBroker> {
    this.broker = await TestBroker.start(this.authority, options);
    return this.broker;
  }

  async restart(options: TestOptions = {}): Promise<TestBroker> {
    await this.broker.stop();
    return this.start(options);
  }

  /** Ends a connection with the test. */
  keep<S extends Duplex>(connection: S): S {
    this.#connections.push(connection);
    return connection.on('error', () => undefined);
  }

  /** Notes what a connection reads. */
  noting<S extends Duplex>(connection: S): Noting<S> {
    const noted = Object.assign(this.keep(connection), { seen: '' });
    connection.on('data', (bytes: Buffer) => (noted.seen += bytes.toString()));
    return noted;
  }
}
