import { conflict } from '@agora/chassis';

/** 409: the address belongs to an account. */
export const emailTaken = () => conflict('email_taken', 'An account with this e-mail exists.');
