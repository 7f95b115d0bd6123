import { AgoraError, createAgora, type components, type Tokens } from '@agora/client';
import { computed, signal } from '@preact/signals';

export type Post = components['schemas']['Post'];
export type Account = components['schemas']['Account'];

interface Config {
  /** The origin of the gateway. */
  agora: string;
  /** Where the mail of a stack on this machine is shown. */
  mailbox: string;
}

export const config = (await (await fetch('/config.json')).json()) as Config;

const key = 'agora-tokens';
const kept = (): Tokens | undefined => JSON.parse(localStorage.getItem(key) ?? 'null') ?? undefined;
const keep = (tokens: Tokens | undefined) =>
  tokens ? localStorage.setItem(key, JSON.stringify(tokens)) : localStorage.removeItem(key);

/** The logged-in user; null for nobody, undefined until it is known. */
export const me = signal<Account | null | undefined>(undefined);
export const isModerator = computed(() => me.value?.role === 'moderator' || me.value?.role === 'admin');

/**
 * All windows share one session. Its refresh token is good for one exchange, and sending it a second time ends the session: so one
 * window exchanges it while the others wait, and then take what it got.
 */
async function refreshOnce(request: Request): Promise<Response> {
  return navigator.locks.request(key, async () => {
    const sent = new URLSearchParams(await request.clone().text()).get('refresh_token');
    const tokens = kept();
    if (tokens && tokens.refreshToken !== sent) return answerOf(tokens);
    const response = await fetch(request);
    if (response.ok) keep(tokensOf((await response.clone().json()) as components['schemas']['Token']));
    return response;
  });
}

const answerOf = ({ accessToken, refreshToken, expiresAt }: Tokens) =>
  Response.json({
    access_token: accessToken,
    token_type: 'bearer',
    expires_in: Math.floor((expiresAt - Date.now()) / 1_000),
    refresh_token: refreshToken,
  });

const tokensOf = (token: components['schemas']['Token']): Tokens => ({
  accessToken: token.access_token,
  refreshToken: token.refresh_token,
  expiresAt: Date.now() + token.expires_in * 1_000,
});

const initial = kept();

/** Renews tokens, tries again what failed for now, and has reads see what was written. */
export const agora = createAgora({
  url: config.agora,
  ...(initial && { tokens: initial }),
  onTokens(tokens) {
    keep(tokens);
    if (!tokens) me.value = null;
  },
  fetch: (request) => (new URL(request.url).pathname === '/refresh' ? refreshOnce(request) : fetch(request)),
});

// Another window has logged in or out.
window.addEventListener('storage', ({ key: changed, oldValue, newValue }) => {
  if (changed === key && (oldValue === null) !== (newValue === null)) location.reload();
});

/** What a request was answered with; throws an AgoraError for a problem. */
export async function answer<Data>(
  request: Promise<{ data?: Data; error?: unknown; response: Response }>,
): Promise<Data> {
  const { data, error, response } = await request;
  if (response.ok) return data as Data;
  const problem = (error ?? {}) as Partial<components['schemas']['Problem']>;
  throw new AgoraError(
    response.status,
    problem.code ?? 'unknown',
    problem.detail ?? `Agora answered ${response.status}.`,
    problem.request_id,
    problem.errors,
  );
}

/** Finds out who is logged in. */
export async function readMe(): Promise<void> {
  me.value = kept() ? await answer(agora.api.GET('/users/me')).catch(() => null) : null;
}
