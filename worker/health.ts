import type { Route } from './http-port.ts';

/** 200 while the worker works, 503 with the reason otherwise. */
export function healthRoute(problem: () => Promise<string | undefined>): Route {
  return async (_, response) => {
    const reason = await problem();
    response.writeHead(reason === undefined ? 200 : 503, { 'content-type': 'application/json' });
    response.end(JSON.stringify(reason === undefined ? { status: 'ok' } : { status: 'failing', reason }));
  };
}
