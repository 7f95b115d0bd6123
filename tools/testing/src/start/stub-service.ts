import { createServer, type RequestListener } from 'node:http';

/** Answers in place of a service that a test does not run. */
export interface StubService {
  stop(): Promise<void>;
}

/** Listens on a port of 127.0.0.1 with `answer`: a path's JSON, or undefined for 404. */
export async function stubService(port: number, answer: (path: string) => unknown): Promise<StubService> {
  const listener: RequestListener = (request, response) => {
    const body = answer(request.url ?? '');
    response.writeHead(body === undefined ? 404 : 200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(body ?? {}));
  };
  const server = createServer(listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
