import { type Metrics, type Sample, TEXT_FORMAT } from '../telemetry/metrics.ts';
import type { Route } from './http-port.ts';

/** For Prometheus: what this worker has counted, and what the sources know when they are asked. */
export function metricsRoute(
  metrics: Metrics,
  sources: readonly (() => Promise<readonly Sample[]>)[],
): Route {
  return async (_, response) => {
    const found = await Promise.all(sources.map((source) => source()));
    response.writeHead(200, { 'content-type': TEXT_FORMAT }).end(metrics.text(found.flat()));
  };
}
