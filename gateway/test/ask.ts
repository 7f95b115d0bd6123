import { request, type Agent, type IncomingMessage } from 'node:http';

export interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  rawHeaders: string[];
  text: string;
  /** The body as JSON. */
  json(): Record<string, unknown>;
}

export interface AskOptions {
  headers?: Record<string, string | string[]>;
  body?: string | Buffer;
  agent?: Agent;
}

/** Sends one request; the path goes out as given. Rejects when the answer breaks off. */
export function ask(port: number, method: string, path: string, options: AskOptions = {}): Promise<Answer> {
  const { headers = {}, body, agent } = options;
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, method, path, agent: agent ?? false, headers });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          rawHeaders: response.rawHeaders,
          text,
          json: () => JSON.parse(text) as Record<string, unknown>,
        });
      });
    });
    outgoing.end(body);
  });
}

/** Sends a JSON body with its length. */
export const askJson = (
  port: number,
  method: string,
  path: string,
  value: unknown,
  headers = {},
): Promise<Answer> => {
  const body = JSON.stringify(value);
  const length = String(Buffer.byteLength(body));
  return ask(port, method, path, {
    body,
    headers: { 'content-type': 'application/json', 'content-length': length, ...headers },
  });
};
