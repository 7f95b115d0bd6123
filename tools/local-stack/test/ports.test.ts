import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { checkPorts } from '../src/machine/check-ports.js';
import { freePort, isFree } from '../src/machine/free-port.js';
import { mailboxPortsFrom, portsFrom } from '../src/stack/topology.js';

const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close()));

async function take(port: number): Promise<void> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
}

async function freePorts() {
  const values = await Promise.all(Array.from({ length: 8 }, freePort));
  const variables = ['AUTH', 'POSTS', 'VOTES', 'GATEWAY'].flatMap((name) => [
    `${name}_PORT`,
    `${name}_INTERNAL_PORT`,
  ]);
  return portsFrom(Object.fromEntries(variables.map((variable, index) => [variable, String(values[index])])));
}

describe('ports', () => {
  it('are the usual ones unless the environment says otherwise', () => {
    const ports = portsFrom({ VOTES_PORT: '18003', GATEWAY_INTERNAL_PORT: '19000' });
    expect(ports.votes).toEqual({ port: 18003, internalPort: 9003 });
    expect(ports.gateway).toEqual({ port: 8000, internalPort: 19000 });
  });

  it('are all moved by PORT_OFFSET, except those that are set', () => {
    const environment = { PORT_OFFSET: '100', AUTH_PORT: '18001' };
    const { auth, gateway } = portsFrom(environment);
    expect(auth).toEqual({ port: 18001, internalPort: 9101 });
    expect(gateway).toEqual({ port: 8100, internalPort: 9100 });
    expect(mailboxPortsFrom(environment)).toEqual({ port: 8125, smtpPort: 1125 });
    expect(() => portsFrom({ PORT_OFFSET: 'x' })).toThrow('PORT_OFFSET=x is not a whole number from 0 on.');
  });

  it('must be numbers that a port can have', () => {
    expect(() => portsFrom({ AUTH_PORT: '80 01' })).toThrow(
      'AUTH_PORT=80 01 is not a port number (1–65535).',
    );
    expect(() => portsFrom({ AUTH_PORT: '65536' })).toThrow('AUTH_PORT=65536');
  });

  it('pass when they are free', async () => {
    await expect(
      checkPorts(['auth', 'posts', 'votes', 'gateway'], await freePorts()),
    ).resolves.toBeUndefined();
  });

  it('that are taken are reported with the process that has them and the setting to change', async () => {
    const ports = await freePorts();
    await take(ports.votes.internalPort);
    await expect(checkPorts(['auth', 'votes'], ports)).rejects.toThrow(
      new RegExp(
        `^Port ${ports.votes.internalPort} \\(votes's internal port\\) is taken by .*\\(process ${process.pid}\\)\\..*VOTES_INTERNAL_PORT=`,
      ),
    );
  });

  it('that are set twice are distinguished from ports in use', async () => {
    const ports = await freePorts();
    await expect(checkPorts(['auth', 'posts'], { ...ports, posts: ports.auth })).rejects.toThrow(
      `Port ${ports.auth.port} is wanted twice; change POSTS_PORT.`,
    );
  });

  it('are free until somebody listens', async () => {
    const port = await freePort();
    expect(await isFree(port)).toBe(true);
    await take(port);
    expect(await isFree(port)).toBe(false);
  });
});
