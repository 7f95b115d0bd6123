import ky, { HTTPError, type KyInstance, type Options } from 'ky';

/** Agora, seen over HTTP. */
export interface Agora {
  url: string;
  get<Answer>(path: string, token?: string): Promise<Answer>;
  /** With `accept`, an error of that status is no failure, and the answer is undefined. */
  post<Answer>(path: string, options: PostOptions): Promise<Answer | undefined>;
  /** How many POSTs have been sent and not answered yet. */
  underWay(): number;
}

interface PostOptions extends Pick<Options, 'json' | 'body' | 'headers'> {
  token?: string;
  accept?: number;
  /** A status to try again on, beside the usual ones. */
  retryOn?: number;
}

/** Agora did not do what was requested; the message says what, in one line. */
export class AgoraError extends Error {}

const overloaded = [429, 503];
const broken = [502, 504];
const patienceSeconds = 30;

/** Every request honours `Retry-After` and fails after some attempts. Throws AgoraErrors. */
export function openAgora(url: string, signal: AbortSignal): Agora {
  let underWay = 0;
  const client = ky.create({ signal, timeout: 60_000, headers: { accept: 'application/json' } });
  const get = async <Answer>(path: string, token = '') =>
    (await send<Answer>(client, 'GET', `${url}${path}`, { token })) as Answer;
  const post = async <Answer>(path: string, options: PostOptions) => {
    signal.throwIfAborted();
    underWay += 1;
    try {
      return await send<Answer>(client, 'POST', `${url}${path}`, options);
    } finally {
      // What was broken off may still have been done.
      if (!signal.aborted) underWay -= 1;
    }
  };
  return { url, get, post, underWay: () => underWay };
}

async function send<Answer>(client: KyInstance, method: string, url: string, options: PostOptions) {
  const { token, accept, retryOn, headers, ...rest } = options;
  try {
    return await client<Answer>(url, {
      method,
      ...rest,
      headers: { ...(headers as Record<string, string>), ...(token && { authorization: `Bearer ${token}` }) },
      retry: retries(retryOn === undefined ? [] : [retryOn]),
    }).json();
  } catch (error) {
    if (error instanceof HTTPError && error.response.status === accept) return undefined;
    throw await explain(error, `${method} ${new URL(url).pathname}`);
  }
}

const retries = (more: number[]): Exclude<Options['retry'], number | undefined> => ({
  limit: 40,
  methods: ['get', 'post'],
  statusCodes: [...overloaded, ...broken, ...more],
  afterStatusCodes: overloaded,
  maxRetryAfter: patienceSeconds * 1_000,
  backoffLimit: 2_000,
  shouldRetry: ({ error, retryCount }) => (isWorthwhile(error, retryCount) ? undefined : false),
});

/** Overload passes, so it is waited for much longer than for a server that is gone; a wait of many minutes is no use. */
function isWorthwhile(error: Error, retryCount: number): boolean {
  if (!(error instanceof HTTPError) || !overloaded.includes(error.response.status)) return retryCount <= 8;
  return !(Number(error.response.headers.get('retry-after')) > patienceSeconds);
}

async function explain(error: unknown, request: string): Promise<Error> {
  if (!(error instanceof HTTPError)) {
    return new AgoraError(`${request} got no answer: ${reasonOf(error)}.`, { cause: error });
  }
  const detail = await detailOf(error.response);
  return new AgoraError(`${request} was answered ${error.response.status}${detail}`, { cause: error });
}

async function detailOf(response: Response): Promise<string> {
  try {
    const { detail } = (await response.json()) as { detail?: string };
    return detail ? `: ${detail}` : '';
  } catch {
    return '';
  }
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : message;
}
