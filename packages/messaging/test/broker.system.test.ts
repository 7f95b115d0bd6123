import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import Joi from 'joi';
import { eventually, ownNatsUser, startOwnNats, type OwnNats } from '@agora/testing';
import { brokerSettings, connectBroker, type Broker, type BrokerSettings } from '../src/index.js';
import { openBroadcast } from '../src/reading.js';

const logger = { info() {}, warn() {}, error() {} };
const right = 'the right password';

let nats: OwnNats;
let broker: Broker;

beforeAll(async () => {
  nats = await startOwnNats(right);
});
afterAll(() => nats.stop());
afterEach(() => broker.stop());

function connected(url = nats.url): Broker {
  const given = { NATS_URL: url, NATS_USER: ownNatsUser, NATS_PASSWORD: right };
  const settings = Joi.attempt(given, Joi.object<BrokerSettings>(brokerSettings));
  broker = connectBroker('test', settings, logger);
  return broker;
}

const answers = async () => {
  const { manager } = await broker.jetStream();
  await manager.getAccountInfo();
};

describe('a broker', () => {
  it('reconnects after NATS has refused its password for a while', async () => {
    connected();
    await answers();
    await nats.restart('another password');
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(broker.isConnected()).toBe(false);
    await nats.restart(right);
    await eventually(answers, 5_000);
  });

  it('opens a new connection when one was closed for good, and notifies listeners', async () => {
    connected();
    let reconnects = 0;
    broker.onReconnect(() => (reconnects += 1));
    const received: unknown[] = [];
    const broadcast = openBroadcast(broker, `test.${Date.now()}`, (message) => received.push(message));
    await (await broker.connection()).close();
    await eventually(answers, 5_000);
    expect([broker.isConnected(), await broker.answers()]).toEqual([true, true]);
    expect(reconnects).toBe(1);
    await eventually(async () => {
      broadcast.send('after');
      await (await broker.connection()).flush();
      expect(received).toContain('after');
    }, 5_000);
    await broadcast.stop();
  });

  it('notices within 3.5 s that NATS hangs', async () => {
    connected();
    await answers();
    nats.freeze();
    await eventually(async () => expect(broker.isConnected()).toBe(false), 3_500);
    expect(await broker.answers()).toBe(false);
    nats.thaw();
    await eventually(answers, 5_000);
  });

  it('leaves a node through which JetStream does not answer or nothing can be published, such as one that is cut off', async () => {
    const silent = await startOwnNats(right, { hasJetStream: false });
    try {
      await nats.halt();
      connected(`${silent.url},${nats.url}`);
      await eventually(async () => expect(broker.isConnected()).toBe(true), 5_000);
      expect(await broker.answers()).toBe(false);
      await nats.restart(right);
      await eventually(async () => expect(await broker.answers()).toBe(true), 20_000);
      broker.heardOf(false);
      const node = async () => `nats://${(await broker.connection()).getServer()}`;
      await eventually(async () => expect(await node()).toBe(silent.url), 20_000);
    } finally {
      await silent.stop();
    }
  }, 60_000);
});
