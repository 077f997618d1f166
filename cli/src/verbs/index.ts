/** Every verb registers itself by being imported; the help names them in this order. */
import './setup.verb';
import './doctor.verb';
import './status.verb';
import './logs.verb';
import './compose.verb';
import './support-bundle.verb';
import './wrapper.verb';
import './backup.verb';
import './restore.verb';
import './upgrade.verb';
import './cert.verb';
import './token.verb';
import './user.verbs';
import './key.verbs';
import './device.verbs';
