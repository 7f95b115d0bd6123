import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  currentStack,
  eventually,
  httpClient,
  join,
  openCourier,
  startAgora,
  type Agora,
  type HttpClient,
  type Person,
} from '@agora/testing';
import { parse } from 'yaml';
import { openMuteProxy } from '../faults/mute-proxy.js';
import { openTraceCollector, type ReceivedSpan } from './trace-collector.js';

const names = ['auth', 'posts', 'votes', 'gateway'] as const;

let agora: Agora;
let ask: HttpClient;
let ann: Person;
let postId: number;
let collector: Awaited<ReturnType<typeof openTraceCollector>>;
let proxies: Record<'postgres' | 'nats', Awaited<ReturnType<typeof openMuteProxy>>>;

beforeAll(async () => {
  const { postgres, nats } = currentStack();
  const natsUrl = new URL(nats.url);
  collector = await openTraceCollector();
  proxies = {
    postgres: await openMuteProxy(postgres.host, postgres.port),
    nats: await openMuteProxy(natsUrl.hostname, Number(natsUrl.port)),
  };
  agora = await startAgora(names, {
    algorithm: 'ES256',
    environment: {
      DATABASE_PORT: String(proxies.postgres.port),
      NATS_URL: `nats://127.0.0.1:${proxies.nats.port}`,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    },
  });
  ask = httpClient(agora.process('gateway').url);
  ann = await join(ask);
  const { body } = await ask('POST', '/posts', { token: ann.token, json: { title: 'A', content: 'B' } });
  postId = Number(body.id);
}, 120_000);
afterAll(async () => {
  for (const proxy of Object.values(proxies)) await proxy.stop();
  await agora.stop();
  await collector.stop();
});

const metricsOf = async (name: (typeof names)[number]) =>
  (await fetch(`${agora.process(name).internalUrl}/metrics`)).text();

/** The value of a metric's only sample, or of the one with these labels. */
const sample = (metrics: string, name: string): number => {
  const line = metrics.split('\n').find((each) => each.startsWith(`${name} `));
  return line === undefined ? Number.NaN : Number(line.slice(name.length + 1));
};

describe('a request', () => {
  const traceOfVote = (): readonly ReceivedSpan[] => {
    const spans = collector.spans();
    const first = spans.find(({ service, name }) => service === 'gateway' && name === 'POST /vote');
    return spans.filter(({ traceId }) => traceId === first?.traceId);
  };

  it('that votes is one trace, from the gateway through votes and its relay to posts', async () => {
    const { status } = await ask('POST', '/vote', { token: ann.token, json: { post_id: postId, dir: 1 } });
    expect(status).toBe(201);
    const steps = await eventually(async () => {
      const spans = traceOfVote();
      const last = spans.find(({ name }) => name === 'process votes.vote-cast.v1');
      const path = ancestry(last, spans);
      expect(path).toHaveLength(5);
      return path;
    }, 10_000);
    const gateway = { service: 'gateway' };
    expect(steps).toMatchObject([
      { ...gateway, name: 'POST /vote', kind: 2 },
      { ...gateway, name: expect.stringMatching(/^POST 127\.0\.0\.1:\d+$/), kind: 3 },
      { service: 'votes', name: 'POST /vote', kind: 2 },
      { service: 'votes', name: 'publish votes.vote-cast.v1', kind: 4 },
      { service: 'posts', name: 'process votes.vote-cast.v1', kind: 5 },
    ]);
    expect(agora.process('votes').log()).toContain(`"trace_id":"${steps[0]?.traceId}"`);
  });

  it('continues the trace that its client names; a probe starts none', async () => {
    const traceId = randomUUID().replaceAll('-', '');
    const headers = { traceparent: `00-${traceId}-${'b'.repeat(16)}-01` };
    await ask('GET', '/posts', { token: ann.token, headers });
    await eventually(async () => {
      const spans = collector.spans().filter((span) => span.traceId === traceId);
      expect(spans.map(({ service }) => service)).toContain('posts');
    }, 10_000);
    expect(collector.spans().filter(({ name }) => /healthz|readyz|metrics/.test(name))).toEqual([]);
  });
});

/** A span and those above it, topmost first. */
function ancestry(span: ReceivedSpan | undefined, spans: readonly ReceivedSpan[]): ReceivedSpan[] {
  if (!span) return [];
  return [
    ...ancestry(
      spans.find(({ spanId }) => spanId === span.parentSpanId),
      spans,
    ),
    span,
  ];
}

describe('the metrics', () => {
  it('count requests by the pattern of their path', async () => {
    await ask('GET', `/posts/${postId}`, { token: ann.token });
    const metrics = await metricsOf('posts');
    expect(metrics).toContain(
      'http_request_duration_seconds_count{method="GET",route="/posts/:id",status="200"}',
    );
    expect(metrics).not.toContain(`/posts/${postId}`);
  });

  it('report that everything is read, published and ready', async () => {
    await eventually(async () => {
      const metrics = await metricsOf('posts');
      expect(sample(metrics, 'consumer_lag_messages{stream="VOTES"}')).toBe(0);
      expect(sample(metrics, 'outbox_waiting_events')).toBe(0);
      expect(sample(metrics, 'outbox_oldest_seconds')).toBe(0);
      expect(sample(metrics, 'database_pool_max{pool="read"}')).toBe(5);
      expect(sample(metrics, 'service_ready')).toBe(1);
      expect(sample(metrics, 'nats_connected')).toBe(1);
    });
  });

  it('report the age of the signing key and the outcomes of logins', async () => {
    await ask('POST', '/login', { form: { username: ann.email, password: 'another one' } });
    const metrics = await metricsOf('auth');
    expect(sample(metrics, 'signing_key_age_seconds')).toBeGreaterThanOrEqual(0);
    expect(sample(metrics, 'logins_total{outcome="failed"}')).toBe(1);
    expect(sample(metrics, 'logins_total{outcome="succeeded"}')).toBe(1);
  });

  it('report a dead letter', async () => {
    const before = sample(await metricsOf('posts'), 'dead_letters');
    const courier = await openCourier();
    await courier.deliverRaw('votes.vote-cast.v1', 'no JSON');
    await courier.close();
    await eventually(async () => expect(sample(await metricsOf('posts'), 'dead_letters')).toBe(before + 1));
  });

  it('include everything that the alerts and the dashboard use', async () => {
    const exported = new Set(
      (await Promise.all(names.map(metricsOf))).flatMap((metrics) =>
        [...metrics.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name),
      ),
    );
    const asked = new Set(queries().flatMap(metricsIn).map(withoutSuffix));
    expect([...asked].filter((name) => !exported.has(name) && !madeElsewhere.has(name))).toEqual([]);
    expect(asked.size).toBeGreaterThan(12);
  });

  it('report how many events wait, and for how long, while NATS hangs', async () => {
    proxies.nats.mute();
    await ask('POST', '/vote', { token: ann.token, json: { post_id: postId, dir: 0 } });
    await eventually(async () => {
      const metrics = await metricsOf('votes');
      expect(sample(metrics, 'outbox_waiting_events')).toBe(1);
      expect(sample(metrics, 'outbox_oldest_seconds')).toBeGreaterThan(0);
    });
  });

  it('are returned in time while PostgreSQL hangs as well, without values from there', async () => {
    proxies.postgres.mute();
    await eventually(async () => {
      const started = performance.now();
      const [metrics = '', ...others] = await Promise.all(
        (['votes', 'auth', 'posts'] as const).map(metricsOf),
      );
      // A second of it is for `service_ready`.
      expect(performance.now() - started).toBeLessThan(1_500);
      for (const each of [metrics, ...others]) expect(sample(each, 'service_ready')).toBe(0);
      expect(sample(metrics, 'outbox_waiting_events')).toBe(Number.NaN);
      expect(sample(metrics, 'consumer_lag_messages{stream="POSTS"}')).toBe(Number.NaN);
    });
  });
});

/** Prometheus itself says whether it was answered. */
const madeElsewhere = new Set(['up']);

const read = (name: string) =>
  readFileSync(new URL(`../../../deploy/observability/${name}`, import.meta.url), 'utf8');

interface Rules {
  groups: { rules: { expr: string }[] }[];
}
interface Dashboard {
  panels: { targets?: { expr: string }[] }[];
}

function queries(): string[] {
  const groups = ['alerts.yml', 'slo.yml'].flatMap((name) => (parse(read(name)) as Rules).groups);
  const { panels } = JSON.parse(read('grafana/dashboards/agora.json')) as Dashboard;
  const all = [...groups.flatMap(({ rules }) => rules), ...panels.flatMap(({ targets = [] }) => targets)];
  // What rules record has no place among what processes export.
  return all.map(({ expr }) => expr.replaceAll(/agora:\w+:\w+/g, ' '));
}

/** The names in a query that are neither labels nor functions nor operators. */
const metricsIn = (query: string): string[] => {
  const bare = query
    .replaceAll(/\{[^}]*\}|\[[^\]]*\]|\boffset \w+/g, ' ')
    .replaceAll(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, ' ');
  const identifiers = bare.match(/[a-zA-Z_:][\w:]*(?!\s*\(|[\w:])/g) ?? [];
  return identifiers.filter((each) => !/^(and|or|unless|bool|offset)$/.test(each));
};

const withoutSuffix = (name: string) => name.replace(/_(bucket|count|sum)$/, '');
