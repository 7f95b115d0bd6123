import { Problem } from '@agora/chassis';

/** The client went away before its answer began: nobody reads this one, but the log does. 499 is nginx's number for it. */
export const clientLeft = () => new Problem(499, 'client_left', 'The client closed the connection.');
