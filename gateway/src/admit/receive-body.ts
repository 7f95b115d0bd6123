import type { IncomingMessage, ServerResponse } from 'node:http';
import { bodyLimits, checkBodyHeaders, receiveBytes, type BodyKind } from '@agora/http/body';
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
  return receiveBytes(request, response, bodyLimits[kind]);
}

async function receiveEmptyObject(request: IncomingMessage, response: ServerResponse): Promise<Buffer> {
  const body = await receiveBytes(request, response, emptyObjectLimit);
  if (!/^\s*\{\s*\}\s*$/.test(body.toString('latin1'))) throw unwantedBody('DELETE');
  return Buffer.alloc(0);
}
