import type { IncomingMessage, ServerResponse } from 'node:http';
import { Problem } from '@agora/http';
import { askForBody, bodyLimits, checkBodyHeaders, tooLarge, type BodyKind } from '@agora/http/body';
import { clientLeft } from '@agora/http/serve';
import { emptyObjectLimit, unwantedBody } from './check-request.js';

/**
 * Receives a whole body, unread, before a service is asked: it never sees a slow, partial or too large one.
 * Throws 415, then 413, by what the headers say or as soon as too much has come; 400 for a DELETE with anything but an empty object.
 */
export async function receiveBody(
  request: IncomingMessage,
  response: ServerResponse,
  kinds: readonly BodyKind[],
): Promise<Buffer> {
  if (request.method === 'DELETE' && Number(request.headers['content-length'] ?? 0) > 0)
    return receiveEmptyObject(request, response);
  if (kinds.length === 0) return Buffer.alloc(0);
  const kind = checkBodyHeaders(request.headers, kinds);
  askForBody(request, response);
  return receive(request, bodyLimits[kind]);
}

async function receiveEmptyObject(request: IncomingMessage, response: ServerResponse): Promise<Buffer> {
  askForBody(request, response);
  const body = await receive(request, emptyObjectLimit);
  if (!/^\s*\{\s*\}\s*$/.test(body.toString('latin1'))) throw unwantedBody('DELETE');
  return Buffer.alloc(0);
}

async function receive(request: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // Kept whole on the way out: destroying the request would take the connection with it, and the answer too.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) throw tooLarge(limit);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof Problem ? error : clientLeft();
  }
  return Buffer.concat(chunks);
}
