import { forbidden } from '@agora/http';

/** 403: the address, the password or both are wrong; it does not say which. */
export const invalidCredentials = () => forbidden('invalid_credentials', 'Invalid credentials');
