import { Whole } from '@muster/contracts';
import { DatabaseConfigFields } from '@muster/service-kit/database';

/** What can be set about operations, sync and live updates. `WebConfig` extends it. */
export class OperationsConfig extends DatabaseConfigFields {
  @Whole({ min: 1, max: 100_000, about: 'Most devices that one request may run a procedure on.' })
  MOST_DEVICES_PER_RUN = 10_000;
  @Whole({
    min: 10,
    max: 86_400,
    about: 'Seconds between regular syncs of a device that is not connected to the broker.',
  })
  POLL_SECONDS = 60;
  @Whole({ min: 10, max: 86_400, about: 'Seconds between regular syncs of a device that the broker can wake.' })
  POLL_CONNECTED_SECONDS = 900;
  @Whole({
    min: 0,
    max: 86_400,
    about: 'Seconds after its expiry in which a delivered operation may report its start.',
  })
  EXPIRY_GRACE_SECONDS = 300;
  @Whole({
    min: 60,
    max: 2_592_000,
    about: 'Seconds of silence after its time limit that make a running operation lost.',
  })
  SILENCE_SECONDS = 86_400;
  @Whole({
    min: 0,
    max: 86_400,
    about: 'Seconds without a running operation in its syncs after which a device has lost it.',
  })
  LOST_SECONDS = 120;
  @Whole({ min: 1, max: 3_600, about: 'Seconds after which a connected device is woken again for what still waits.' })
  WAKE_AGAIN_SECONDS = 30;
  @Whole({ min: 1, max: 3_600, about: 'Seconds between looks for operations that are due.' })
  SWEEP_SECONDS = 5;
  @Whole({ min: 7, max: 3660, about: 'Days that operations are kept after they ended.' }) OPERATION_DAYS = 365;
  @Whole({ min: 1, max: 86_400, about: 'Seconds between looks for operations that are no longer kept.' })
  RETENTION_SECONDS = 3_600;
  @Whole({ min: 1, max: 100_000, about: 'Most live connections that one process keeps open.' })
  MOST_LIVE_CONNECTIONS = 2_000;
}
