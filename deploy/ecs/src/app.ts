/** What `cdk` runs. */
import { agora } from './agora.js';

agora();
