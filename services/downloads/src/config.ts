import { OneOf, PACKAGE_BYTES, Text, Whole } from '@muster/contracts';
import { DatabaseConfigFields } from '@muster/service-kit/database';

/** Configuration of the service `downloads`. */
export class DownloadsConfig extends DatabaseConfigFields {
  @OneOf(['files', 's3'], {
    about: 'Where packages are kept: in a folder, or in a bucket of a service that speaks S3.',
  })
  PACKAGE_STORE: 'files' | 's3' = 'files';
  @Text({ min: 1, max: 1000, about: 'For `files`: the folder, shared by all processes of this service.' })
  PACKAGE_DIR = '/var/lib/muster/packages';
  @Text({ max: 2000, optional: true, about: 'For `s3`: address of the bucket, with a prefix where wanted.' })
  S3_URL?: string;
  @Text({ min: 1, max: 64, about: 'For `s3`: region that requests are signed for.' }) S3_REGION = 'us-east-1';
  @Text({ max: 200, optional: true, about: 'For `s3`: access key.' }) S3_ACCESS_KEY?: string;
  @Text({ max: 500, optional: true, about: 'For `s3`: secret key.' }) S3_SECRET_KEY?: string;
  @Whole({ min: 1, max: PACKAGE_BYTES, about: 'Largest package that is taken, in bytes.' })
  MAX_PACKAGE_BYTES = 256 * 1024 * 1024;

  @Whole({ min: 0, max: 10_000_000_000, about: 'Bytes a second that one download gets at most; 0 sets no limit.' })
  BYTES_PER_SECOND_EACH = 0;
  @Whole({ min: 0, max: 10_000_000_000, about: 'Bytes a second for all downloads of a process; 0 sets no limit.' })
  BYTES_PER_SECOND_ALL = 0;
  @Whole({ min: 1, max: 10_000, about: 'Downloads that a process serves at once; others are told to come later.' })
  DOWNLOADS_AT_ONCE = 200;

  @Whole({ min: 1, max: 604_800, about: 'Seconds after which devices ask again for the release they should run.' })
  ASK_AGAIN_SECONDS = 3600;
  @Whole({ min: 1, max: 86_400, about: 'The same for a device whose turn has not come, since enough others update.' })
  ASK_SOON_SECONDS = 300;
  @Whole({ min: 1, max: 3600, about: 'Seconds between looks for connected devices that a roll-out is told to.' })
  HINT_SECONDS = 5;
  @Whole({ min: 1, max: 1000, about: 'Devices that one look tells of one release at most.' })
  HINTS_AT_ONCE = 200;
  @Whole({ min: 5, max: 86_400, about: 'Seconds that a new version has to get as green as the old one was.' })
  GREEN_WITHIN_SECONDS = 600;
  @Whole({ min: 1, max: 720, about: 'Hours without an outcome after which a device no longer counts as updating.' })
  OFFER_HOURS = 24;

  override derive(): void {
    super.derive();
    this.ASK_SOON_SECONDS = Math.min(this.ASK_SOON_SECONDS, this.ASK_AGAIN_SECONDS);
  }
}
