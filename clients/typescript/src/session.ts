import { requireSuccess } from './agora-error.js';
import type { components } from './openapi.js';
import type { Send } from './send.js';

/** What a session is gone on with; keep it as secret as a password. */
export interface Tokens {
  accessToken: string;
  refreshToken: string;
  /** When the access token ends, in milliseconds since 1970. */
  expiresAt: number;
}

/** The user who is logged in. */
export interface Session {
  logIn(email: string, password: string, totp?: string): Promise<void>;
  /** Forgets the tokens. */
  forget(): void;
  /** The tokens, renewed if they end soon; undefined when nobody is logged in. */
  current(): Promise<Tokens | undefined>;
  /** The next tokens in place of refused ones; undefined when the session has ended. */
  renew(refused: Tokens): Promise<Tokens | undefined>;
}

/** A request on its way should not come too late. */
const marginMilliseconds = 10_000;

/** A session at `url`; `onChange` is called with every change of its tokens. */
export function createSession(
  url: string,
  send: Send,
  initial: Tokens | undefined,
  onChange: (tokens: Tokens | undefined) => void,
): Session {
  let tokens = initial;
  let renewal: Promise<Tokens | undefined> | undefined;

  const set = (next: Tokens | undefined) => {
    tokens = next;
    onChange(next);
    return next;
  };
  const ask = (path: string, form: Record<string, string>) =>
    send(new Request(new URL(path, url), { method: 'POST', body: new URLSearchParams(form) }));

  const refresh = async (refreshToken: string) => {
    const response = await ask('/refresh', { refresh_token: refreshToken });
    // A login or logout in the meantime wins.
    if (tokens?.refreshToken !== refreshToken) return tokens;
    if (response.status === 401) return set(undefined);
    return set(await readTokens(response));
  };

  const renew = async (refused: Tokens) => {
    if (tokens?.accessToken !== refused.accessToken) return tokens;
    // A refresh token is good for one exchange, so of many requests that need it one exchanges it for all.
    renewal ??= refresh(refused.refreshToken).finally(() => (renewal = undefined));
    return renewal;
  };

  return {
    async logIn(username, password, totp) {
      set(await readTokens(await ask('/login', { username, password, ...(totp !== undefined && { totp }) })));
    },
    forget: () => set(undefined),
    async current() {
      return tokens && tokens.expiresAt - Date.now() < marginMilliseconds ? renew(tokens) : tokens;
    },
    renew,
  };
}

async function readTokens(response: Response): Promise<Tokens> {
  const token = (await (await requireSuccess(response)).json()) as components['schemas']['Token'];
  return {
    accessToken: token.access_token,
    refreshToken: token.refresh_token,
    expiresAt: Date.now() + token.expires_in * 1_000,
  };
}
