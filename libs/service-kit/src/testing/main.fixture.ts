import { BaseConfig } from '../config/base.config';
import { startService } from '../start-service';
import { NotesModule } from './notes.module';

void startService({ service: 'bip', module: NotesModule, config: BaseConfig, faces: () => ['manager', 'worker'] });
