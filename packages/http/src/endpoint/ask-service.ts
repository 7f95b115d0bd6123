import { getJson } from '../get-json.js';
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
  const requestId = currentRequest()?.requestId;
  try {
    const { status, body } = await traceCall(`GET ${url.host}`, (traceHeaders) =>
      getJson(url, milliseconds, {
        ...traceHeaders,
        Authorization: `Bearer ${secret}`,
        ...(requestId && { 'X-Request-Id': requestId }),
      }),
    );
    if (status === 404) return undefined;
    if (body !== undefined) return body as Resource;
  } catch {
    // It is away, or late, or speaks no JSON.
  }
  throw cannotAsk();
}

const cannotAsk = () =>
  unavailable('A service that this request needs is not responding. Try again shortly.');
