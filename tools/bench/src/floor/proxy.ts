/** The least that passing requests on costs with the HTTP of Node.js: nothing is checked, counted or logged. */
import { Agent, createServer, request } from 'node:http';

const upstream = new URL(process.env.UPSTREAM ?? '');
const agent = new Agent({ keepAlive: true });

createServer((incoming, outgoing) => {
  if (incoming.url === '/') return outgoing.end();
  const { method, url: path, headers } = incoming;
  const { hostname, port } = upstream;
  const passedOn = request({ agent, hostname, port, method, path, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  passedOn.on('error', () => outgoing.destroy());
  incoming.pipe(passedOn);
}).listen(Number(process.env.PORT), '127.0.0.1');
