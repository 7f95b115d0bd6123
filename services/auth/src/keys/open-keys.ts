import type { Logger } from '@agora/process';
import type { Config } from '../config.js';
import { givenKeys, sharedKeys } from './given-keys.js';
import type { Keys } from './keys.js';
import { openStoredKeys } from './stored-keys.js';

/** The keys that the settings name: a shared secret, a private key given by file, or key pairs in the database. Throws a SettingsError when they cannot be used. */
export async function openKeys(config: Config, logger: Logger): Promise<Keys> {
  if (config.ALGORITHM === 'HS256') return sharedKeys(config);
  if (config.SIGNING_KEY) return givenKeys(config);
  return openStoredKeys(config, logger);
}
