import { unavailable } from './problem.js';
import { currentRequest, traceCall } from '@agora/process/requests';

const usualPatience = 2_000;

/** Where another service answers services, and the secret that it asks them for. */
export interface InternalAddress {
  origin: string;
  secret: string;
}

/** Asks another service's internal port for a resource: its JSON, or undefined when there is none (404). Throws a 503 when it gives no answer within `milliseconds`. */
export async function askService<Resource>(
  { origin, secret }: InternalAddress,
  path: string,
  milliseconds = usualPatience,
): Promise<Resource | undefined> {
  const url = new URL(path, origin);
  const signal = AbortSignal.timeout(milliseconds);
  const response = await traceCall(`GET ${url.host}`, (headers) => request(url, secret, headers, signal));
  if (response.status === 404) {
    await response.body?.cancel();
    return undefined;
  }
  if (!response.ok) throw cannotAsk();
  try {
    return (await response.json()) as Resource;
  } catch {
    throw cannotAsk();
  }
}

async function request(
  url: URL,
  secret: string,
  traceHeaders: Record<string, string>,
  signal: AbortSignal,
): Promise<Response> {
  const requestId = currentRequest()?.requestId;
  try {
    return await fetch(url, {
      headers: {
        ...traceHeaders,
        Authorization: `Bearer ${secret}`,
        ...(requestId && { 'X-Request-Id': requestId }),
      },
      signal,
      redirect: 'error',
    });
  } catch {
    throw cannotAsk();
  }
}

const cannotAsk = () =>
  unavailable('A service that this request needs is not responding. Try again shortly.');
