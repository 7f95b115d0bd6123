import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * In the image of the gateway, which has Node.js: every connection goes on to the Service, as those of an ingress controller do. What a client still sends
 * within a second of the end of its connection is read and dropped: a connection that the pod resets ends `kubectl port-forward` and all others with it.
 */
const forwarder = `
const { connect, createServer } = require('node:net');
const [host, port] = process.argv.slice(1);
createServer({ allowHalfOpen: true }, (client) => {
  const server = connect({ host, port, noDelay: true });
  client.setNoDelay(true).pipe(server).pipe(client);
  client.on('error', () => server.destroy()).on('close', () => server.destroy());
  server.on('error', () => undefined).on('close', () => {
    client.end().resume();
    setTimeout(() => client.destroy(), 1_000);
  });
}).listen(8000);
process.on('SIGTERM', () => process.exit());`;

/** The pod where an ingress controller would be. Not in the namespace of Agora, and let in to the gateway alone. */
export const doorPod = ({ namespace, doorNamespace, image, node }) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'door', namespace: doorNamespace, labels: { 'app.kubernetes.io/name': 'door' } },
  spec: {
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: 'RuntimeDefault' } },
    ...(node && { nodeName: node }),
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name: 'door',
        image,
        args: ['-e', forwarder, `gateway.${namespace}`, '8000'],
        ports: [{ containerPort: 8000 }],
        readinessProbe: { tcpSocket: { port: 8000 }, periodSeconds: 1 },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { cpu: '1', memory: '256Mi' } },
      },
    ],
  },
});

/**
 * Forwards a port of 127.0.0.1 to the door; resolves with { origin, close } when it answers. kubectl ends when a connection breaks in a way that it does
 * not expect, as those of hostile requests do; it is started again then, on the same port.
 */
export async function forwardToDoor({ command, context, doorNamespace }) {
  const place = ['--context', context, '--namespace', doorNamespace];
  const forward = (port, output = 'ignore') =>
    spawn(command, ['port-forward', 'pod/door', `${port}:8000`, '--address', '127.0.0.1', ...place], {
      stdio: ['ignore', output, output],
    });
  let child = forward('', 'pipe');
  let [said, complaint, isClosed] = ['', '', false];
  child.stdout.setEncoding('utf8').on('data', (text) => (said += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (complaint += text));
  const close = () => {
    isClosed = true;
    child.kill();
  };
  const port = await until(() => /127\.0\.0\.1:(\d+)/.exec(said)?.[1] ?? (child.exitCode !== null && '0'));
  if (!Number(port)) {
    close();
    throw new Error(`kubectl port-forward: ${complaint || 'nothing in 30 s'}`);
  }
  const again = () => {
    if (isClosed) return;
    child = forward(port).on('exit', again);
  };
  child.on('exit', again);
  return { origin: `http://127.0.0.1:${port}`, close };
}

/** The first true answer within half a minute. */
async function until(ask) {
  const deadline = Date.now() + 30_000;
  while (!ask() && Date.now() < deadline) await sleep(100);
  return ask();
}
