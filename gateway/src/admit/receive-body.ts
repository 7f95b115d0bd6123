import type { IncomingMessage } from 'node:http';
import { bodyLimit, checkBodyHeaders, Problem, tooLarge, type BodyKind } from '@agora/chassis';
import { clientLeft } from '../proxy/client-left.js';

/**
 * Receives a whole body, unread, before a service is asked: it never sees a slow, partial or too large one.
 * Throws 415, then 413, by what the headers say or as soon as too much has come.
 */
export async function receiveBody(request: IncomingMessage, kinds: readonly BodyKind[]): Promise<Buffer> {
  if (kinds.length === 0) return Buffer.alloc(0);
  checkBodyHeaders(request.headers, kinds);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // Kept whole on the way out: destroying the request would take the connection with it, and the answer too.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > bodyLimit) throw tooLarge();
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof Problem ? error : clientLeft();
  }
  return Buffer.concat(chunks);
}
