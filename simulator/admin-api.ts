import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { ApiError } from './api-error.ts';
import { chaosSchema } from './chaos.ts';
import { FAULT_CATALOGUE, faultName, faultsOf, limitsOf } from './fault-catalogue.ts';
import { faultMatch, faultSchema } from './faults.ts';
import { parseJson, readBody, sendJson } from './http.ts';
import type { Provider } from './provider.ts';

const faultsSchema = z.strictObject({
  faults: z.array(faultSchema).default([]),
  /** Of the catalogue, for the orders that match. */
  named: z.array(faultName).default([]),
  match: faultMatch,
  chaos: chaosSchema.optional(),
});

/** What the simulator tells and takes beside the protocol; needs no key, since it listens on this machine. */
export async function answerAdmin(
  { settings, faults, books, limits, chaos, webhooks, chats }: Provider,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  switch (`${request.method} ${path}`) {
    case 'GET /prices':
      return sendJson(response, 200, { currency: 'USD', per: 'second of video', models: settings.prices });
    case 'GET /ledger':
      return sendJson(response, 200, books.ledger(Date.now()));
    case 'GET /webhooks':
      return sendJson(response, 200, { deliveries: webhooks.deliveries() });
    case 'GET /chats':
      return sendJson(response, 200, { chats });
    case 'GET /catalogue':
      return sendJson(response, 200, { faults: FAULT_CATALOGUE });
    case 'GET /faults':
      return sendJson(response, 200, { faults: faults.list() });
    case 'POST /faults': {
      const parsed = faultsSchema.safeParse(parseJson(await readBody(request)));
      if (!parsed.success)
        throw new ApiError({ status: 400, message: z.prettifyError(parsed.error), param: 'faults' });
      const named = parsed.data.named.map((name) => ({ name, match: parsed.data.match }));
      faults.add([...parsed.data.faults, ...named.flatMap(faultsOf)]);
      for (const fault of named) if (faultsOf(fault).length === 0) limits.set(limitsOf(fault));
      if (parsed.data.chaos !== undefined) chaos.set(parsed.data.chaos);
      return sendJson(response, 200, { faults: faults.list() });
    }
    case 'DELETE /faults':
      faults.clear();
      limits.set(settings);
      chaos.set(undefined);
      return sendJson(response, 200, { faults: [] });
    default:
      throw new ApiError({ status: 404, message: `Unknown request: ${request.method} /_simulator${path}` });
  }
}
