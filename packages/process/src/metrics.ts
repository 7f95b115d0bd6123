import { collectDefaultMetrics, Gauge, Histogram, register } from 'prom-client';

export { Counter, Gauge, Histogram } from 'prom-client';

collectDefaultMetrics();

const requests = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'Seconds from the first byte of a request to the last of its answer',
  labelNames: ['method', 'route', 'status'],
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
});

/** Counts one answered request. */
export const observeRequest = (labels: { method: string; route: string; status: number }, seconds: number) =>
  requests.observe(labels, seconds);

/** A metric that is read at each scrape, and left out when it is undefined. */
export const measure = (
  name: string,
  help: string,
  read: () => number | undefined | Promise<number | undefined>,
): Gauge =>
  new Gauge({
    name,
    help,
    async collect() {
      const value = await read();
      if (value === undefined) this.remove();
      else this.set(value);
    },
  });

/** All metrics of the process in the Prometheus text format. */
export const renderMetrics = async (): Promise<{ contentType: string; body: string }> => ({
  contentType: register.contentType,
  body: await register.metrics(),
});
