import { conflict } from '@agora/http';

/** 409: the address belongs to an account. */
export const emailTaken = () =>
  conflict('email_taken', 'An account with this e-mail address already exists.');
