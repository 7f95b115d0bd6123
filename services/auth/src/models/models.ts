import { RefreshToken } from './refresh-token.js';
import { Session } from './session.js';
import { SigningKey } from './signing-key.js';
import { User } from './user.js';

/** The models of the service, for whatever process of it opens the database. */
export const models = [User, Session, RefreshToken, SigningKey];
