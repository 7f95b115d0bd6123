import type { IncomingMessage, ServerResponse } from 'node:http';
import { clientLeft } from '../serve/client-left.js';
import { tooLarge } from './body-headers.js';
import { askForBody } from './expect-continue.js';

/**
 * Receives a whole body; throws 413 as soon as more than `limit` bytes have come. By events: an iterator over the stream costs several times
 * as much as all that is done with the body.
 */
export function receiveBytes(
  request: IncomingMessage,
  response: ServerResponse,
  limit: number,
): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let size = 0;
  const take = (chunk: Buffer) => {
    size += chunk.length;
    if (size <= limit) return void chunks.push(chunk);
    // Not destroyed: that would take the connection with it, and the answer too.
    request.off('data', take).pause();
    reject(tooLarge(limit));
  };
  askForBody(request, response);
  request.on('data', take);
  request.once('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
  const leave = () => {
    // An error is made with a stack trace, so not for what has come whole.
    if (!request.readableEnded) reject(clientLeft());
  };
  if (request.destroyed) leave();
  else request.once('close', leave);
  return promise;
}
