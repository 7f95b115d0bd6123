import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  status: number;
  /** Header lines, in lower case. */
  headers: string[];
  body: string;
}

/** Sends exactly these bytes (a string as latin1) and reads one answer; status 0 when the connection ends without one. */
export async function sendRaw(port: number, bytes: string | Buffer): Promise<RawAnswer> {
  const socket = connect(port, '127.0.0.1');
  socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  try {
    return await readAnswer(socket, bytes.toString().startsWith('HEAD '));
  } finally {
    socket.destroy();
  }
}

/** Reads one final answer from a connection; one to a HEAD request ends with its headers. */
export function readAnswer(socket: Socket, headersOnly = false): Promise<RawAnswer> {
  return new Promise((resolve) => {
    let received = '';
    const finish = () => resolve(parse(received, headersOnly) ?? { status: 0, headers: [], body: received });
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (parse(received, headersOnly)) finish();
    });
    socket.on('error', finish);
    socket.on('close', finish);
  });
}

function parse(received: string, headersOnly: boolean): RawAnswer | undefined {
  const text = received.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '');
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const [statusLine = '', ...headers] = text.slice(0, headEnd).split('\r\n');
  const body = text.slice(headEnd + 4);
  const length = headers.map((line) => /^content-length: (\d+)$/i.exec(line)?.[1]).find(Boolean);
  if (headersOnly) return toAnswer(statusLine, headers, body);
  if (length ? body.length < Number(length) : !body.endsWith('0\r\n\r\n')) return undefined;
  return toAnswer(statusLine, headers, body);
}

const toAnswer = (statusLine: string, headers: string[], body: string): RawAnswer => ({
  status: Number(statusLine.split(' ')[1]),
  headers: headers.map((line) => line.toLowerCase()),
  body,
});
