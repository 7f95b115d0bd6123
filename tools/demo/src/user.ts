import type { Agora } from './agora.js';

export interface Credentials {
  email: string;
  password: string;
}

/** A logged-in user. */
export interface User extends Credentials {
  /** An access token that is good for a while yet; logs in again when need be. */
  token(): Promise<string>;
}

interface TokenAnswer {
  access_token: string;
  expires_in: number;
}

/** Logs in, and again a little before the token ends. */
export async function logIn(agora: Agora, { email, password }: Credentials): Promise<User> {
  const askForToken = async () => {
    const body = new URLSearchParams({ username: email, password });
    const answer = await agora.post<TokenAnswer>('/login', { body });
    if (!answer) throw new TypeError('A login was answered with nothing.');
    return { text: answer.access_token, renewAt: Date.now() + answer.expires_in * 1_000 * 0.8 };
  };
  let current = Promise.resolve(await askForToken());
  const token = async () => {
    if (Date.now() > (await current).renewAt) current = askForToken();
    return (await current).text;
  };
  return { email, password, token };
}
