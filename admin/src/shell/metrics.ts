import type { Logger } from '@yixian/contracts';
import type { RequestHandler } from 'express';
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import { metricsText, type Samples } from '../core/metrics-text.js';

/** The process's own metrics and those of the injected sources, as one Prometheus text. */
export function createMetrics(deps: { sources: readonly (() => Samples)[]; logger: Logger }) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: 'http_requests_total',
    help: 'HTTP requests answered',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'From the request to the end of its answer',
    labelNames: ['route'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  });
  const complained = new Set<string>();

  function read(source: () => Samples): Samples {
    try {
      return source();
    } catch (error) {
      deps.logger.error({ err: error }, 'a source of metrics failed');
      return {};
    }
  }

  return {
    contentType: registry.contentType,
    async text(): Promise<string> {
      const own = await registry.metrics();
      const taken = new Set(registry.getMetricsAsArray().map((metric) => metric.name));
      const { text, refused } = metricsText(deps.sources.map(read), taken);
      for (const name of refused) {
        if (complained.size < 1000 && !complained.has(name)) deps.logger.warn({ name }, 'a metric is left out: not a name, or taken');
        complained.add(name);
      }
      return `${own}\n${text}`;
    },
    /** Counts a request under its route's pattern, never under its address: ids would make endless series. */
    counted(route: string): RequestHandler {
      return (req, res, next) => {
        const started = process.hrtime.bigint();
        res.once('close', () => {
          requests.inc({ method: req.method, route, status: String(res.statusCode) });
          durations.observe({ route }, Number(process.hrtime.bigint() - started) / 1e9);
        });
        next();
      };
    },
  };
}
