import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { likelyFreePort } from '@agora/testing';
import { openBalancer, type Balancer, type Endpoint } from '../src/system/balancer.js';

describe('the balancer', () => {
  const servers: Server[] = [];
  let balancer: Balancer;
  afterEach(async () => {
    await balancer.stop();
    for (const server of servers.splice(0)) server.close();
  });

  /** An endpoint that answers with its name. */
  const endpoint = async (name: string, isReady = true): Promise<Endpoint> => {
    const server = createServer((_request, response) => response.end(name));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { port: (server.address() as AddressInfo).port, isReady: () => isReady, isOut: () => false };
  };
  const gone = async (isReady: boolean): Promise<Endpoint> => ({
    port: await likelyFreePort(),
    isReady: () => isReady,
    isOut: () => false,
  });
  const ask = async (): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${balancer.port}`, { headers: { Connection: 'close' } });
    return response.text();
  };
  const open = async (endpoints: Endpoint[]) => {
    balancer = await openBalancer(await likelyFreePort(), endpoints);
  };

  it('takes turns', async () => {
    await open([await endpoint('one'), await endpoint('two')]);
    expect([await ask(), await ask(), await ask()]).toEqual(['one', 'two', 'one']);
  });

  it('asks the next when one refuses', async () => {
    await open([await gone(true), await endpoint('two')]);
    expect([await ask(), await ask()]).toEqual(['two', 'two']);
  });

  it('breaks off in the middle of an answer', async () => {
    await open([await endpoint('a long answer '.repeat(1_000))]);
    balancer.cutAnswersAfter(5_000);
    await expect(ask()).rejects.toThrow(/fetch failed|terminated/);
    balancer.cutAnswersAfter(Infinity);
    expect(await ask()).toHaveLength(14_000);
  });

  it('leaves out who is not ready, unless nobody is', async () => {
    await open([await endpoint('one', false), await endpoint('two')]);
    expect([await ask(), await ask()]).toEqual(['two', 'two']);
    await balancer.stop();
    await open([await endpoint('one', false), await gone(false)]);
    expect([await ask(), await ask()]).toEqual(['one', 'one']);
  });
});
