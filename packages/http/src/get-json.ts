import { get, getByTls } from './node-http.js';

/** What a service has answered. */
export interface JsonAnswer {
  status: number;
  /** Undefined unless the status is 2xx. */
  body: unknown;
}

/**
 * Asks another service for JSON; follows no redirect. Rejects when there is no answer within `milliseconds`, or a good one is no JSON. `fetch`
 * would do the same, and load undici for it.
 */
export async function getJson(
  address: string | URL,
  milliseconds: number,
  headers: Record<string, string> = {},
): Promise<JsonAnswer> {
  const url = new URL(address);
  const ask = url.protocol === 'https:' ? getByTls : get;
  const { promise, resolve, reject } = Promise.withResolvers<JsonAnswer>();
  const request = ask(url, { headers }, (response) => {
    const { statusCode: status = 0 } = response;
    const isGood = status >= 200 && status < 300;
    response.setEncoding('utf8').once('error', reject);
    let text = '';
    response.on('data', (chunk: string) => (text += chunk));
    response.once('end', () => {
      try {
        resolve({ status, body: isGood ? (JSON.parse(text) as unknown) : undefined });
      } catch (error) {
        reject(error);
      }
    });
  });
  request.once('error', reject);
  // A timeout signal would outlive the answer and create an exception that nobody handles.
  const deadline = setTimeout(
    () => request.destroy(new Error(`no answer within ${milliseconds} ms`)),
    milliseconds,
  );
  return promise.finally(() => clearTimeout(deadline));
}
