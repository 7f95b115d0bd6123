import { unavailable } from './problem.js';
import { currentRequest } from './request-context.js';
import { traceCall } from './tracing.js';

const timeoutMilliseconds = 2_000;

/** Asks another service's internal port for a resource: its JSON, or undefined when there is none (404). Throws a 503 when it gives no answer. */
export async function askService<Resource>(origin: string, path: string): Promise<Resource | undefined> {
  const url = new URL(path, origin);
  const response = await traceCall(`GET ${url.host}`, (headers) => request(url, headers));
  if (response.status === 404) {
    await response.body?.cancel();
    return undefined;
  }
  if (!response.ok) throw cannotAsk();
  return (await response.json()) as Resource;
}

async function request(url: URL, headers: Record<string, string>): Promise<Response> {
  const requestId = currentRequest()?.requestId;
  try {
    return await fetch(url, {
      headers: { ...headers, ...(requestId && { 'X-Request-Id': requestId }) },
      signal: AbortSignal.timeout(timeoutMilliseconds),
      redirect: 'error',
    });
  } catch {
    throw cannotAsk();
  }
}

const cannotAsk = () => unavailable('Another part of Agora that this request needs gives no answer.');
