/** The simulation's own addresses under `/__simulation/`, for tests and people in other processes. See README.md. */
import { FaultScriptSchema, type FaultQueue } from './faults.js';
import type { SimulatedAnswer, SimulatedRequest } from './messages.js';
import type { RequestRecorder } from './requests.js';

export const CONTROL_ROOT = '/__simulation/';

export type Action = (request: SimulatedRequest) => SimulatedAnswer | Promise<SimulatedAnswer>;

export interface ControlParts {
  readonly faults: FaultQueue;
  readonly requests: RequestRecorder;
  readonly actions: Readonly<Record<string, Action>>;
}

function refuse(problems: readonly string[]): SimulatedAnswer {
  return { status: 400, body: { problems } };
}

export function createControl({ faults, requests, actions }: ControlParts): Action {
  const scriptFault: Action = ({ body }) => {
    const parsed = FaultScriptSchema.safeParse(body);
    if (!parsed.success) {
      return refuse(parsed.error.issues.map((issue) => `${issue.path.join('.') || '(body)'}: ${issue.message}`));
    }
    try {
      return { status: 201, body: { id: faults.script(parsed.data).id } };
    } catch (error) {
      if (error instanceof RangeError) return refuse([error.message]);
      throw error;
    }
  };
  const listRequests: Action = () => ({
    status: 200,
    body: {
      requests: requests.all().map(({ method, path, parameters, at, status, effect, fault }) => ({
        method,
        path,
        parameters,
        at: new Date(at).toISOString(),
        status: status ?? null,
        effect,
        ...(fault === undefined ? {} : { fault }),
      })),
      counts: requests.counts(),
    },
  });

  const table: Record<string, Action> = {
    ...actions,
    'GET health': () => ({ status: 200, body: { status: 'ok' } }),
    'GET faults': () => ({ status: 200, body: { faults: faults.pending() } }),
    'POST faults': scriptFault,
    'DELETE faults': () => {
      faults.clear();
      return { status: 204 };
    },
    'GET requests': listRequests,
    'DELETE requests': () => {
      requests.clear();
      return { status: 204 };
    },
  };
  return (request) => {
    const action = table[`${request.method} ${request.path.slice(CONTROL_ROOT.length)}`];
    return action ? action(request) : { status: 404, body: { actions: Object.keys(table) } };
  };
}
