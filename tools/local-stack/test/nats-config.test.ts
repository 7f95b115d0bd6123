import { describe, expect, it } from '@jest/globals';
import { natsConfig } from '../src/nats/nats-config.js';

const config = {
  port: 4222,
  storeDirectory: '/data/"nats"',
  accounts: [{ name: 'AGORA', users: [{ user: 'auth', password: 'p"w' }] }],
};

describe('the configuration of nats-server', () => {
  it('listens on this machine only and gives every account JetStream', () => {
    const text = natsConfig({ ...config, durable: true, version: [2, 9] });
    expect(text).toContain('listen: "127.0.0.1:4222"');
    expect(text).toContain('max_payload: 64KB');
    expect(text).toContain('store_dir: "/data/\\"nats\\""');
    expect(text).toContain('AGORA: { jetstream: enabled, users: [ { user: "auth", password: "p\\"w" } ] }');
  });

  it('asks for writes on disk where the server knows the setting and the data matter', () => {
    expect(natsConfig({ ...config, durable: true, version: [2, 9] })).not.toContain('sync_interval');
    expect(natsConfig({ ...config, durable: true, version: [2, 10] })).toContain('sync_interval: always');
    expect(natsConfig({ ...config, durable: false, version: [2, 12] })).not.toContain('sync_interval');
  });
});
