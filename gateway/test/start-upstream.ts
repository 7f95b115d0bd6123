import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server as TcpServer,
  type Socket,
} from 'node:net';

interface RecordedRequest {
  method: string;
  url: string;
  /** Name and value pairs, exactly as they came. */
  rawHeaders: string[];
  headers: NodeJS.Dict<string | string[]>;
  body: string;
}

export interface FakeUpstream {
  origin: string;
  port: number;
  requests: RecordedRequest[];
  /** How many connections it has been given. */
  connections(): number;
  /** How requests are answered; by default with 200 and `{"from": name}`. */
  answer: RequestListener;
  stop(): Promise<void>;
}

/** A service that records what it is asked. */
export async function startUpstream(name = 'upstream'): Promise<FakeUpstream> {
  let connections = 0;
  const server = createServer((request, response) => {
    const { method = '', url = '', rawHeaders, headers } = request;
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      upstream.requests.push({ method, url, rawHeaders, headers, body: Buffer.concat(chunks).toString() });
      upstream.answer(request, response);
    });
  });
  // What is kept open is for the gateway to close.
  server.keepAliveTimeout = 0;
  server.on('connection', () => (connections += 1));
  const port = await listen(server);
  const upstream: FakeUpstream = {
    origin: `http://127.0.0.1:${port}`,
    port,
    requests: [],
    connections: () => connections,
    answer: (_request, response) => {
      const body = JSON.stringify({ from: name });
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
        .end(body);
    },
    stop: () => stop(server, () => server.closeAllConnections()),
  };
  return upstream;
}

/** A TCP server that does as it likes with each connection. */
export async function startTcpUpstream(
  onConnection: (socket: Socket) => void,
): Promise<{ origin: string; sockets: Socket[]; stop(): Promise<void> }> {
  const sockets: Socket[] = [];
  const server = createTcpServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  const port = await listen(server);
  return {
    origin: `http://127.0.0.1:${port}`,
    sockets,
    stop: () => stop(server, () => sockets.forEach((socket) => socket.destroy())),
  };
}

/** The origin of a port that nothing listens on. */
export async function deadOrigin(): Promise<string> {
  const server = createTcpServer();
  const port = await listen(server);
  await stop(server, () => undefined);
  return `http://127.0.0.1:${port}`;
}

async function listen(server: Server | TcpServer): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function stop(server: Server | TcpServer, closeConnections: () => void): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  closeConnections();
  await closed;
}
