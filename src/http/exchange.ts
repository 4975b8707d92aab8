/** One request on its way through the gateway, and the answer it gets. Handlers know these and nothing of express. */
import type { IncomingHttpHeaders } from 'node:http';
import type { GatewayContext } from '../core/context.js';
import type { Directory } from '../core/directory.js';
import type { Caller } from '../domain/caller.js';
import type { ServedInteraction, Representation } from '../fhir/representation.js';
import type { XmlCodec } from '../fhir/xml/index.js';
import type { Validator } from '../validation/index.js';
import type { AllowList } from './access/allow-list.js';
import type { ClientIdentification } from './access/client-identity.js';

export interface Face {
  readonly representation: Representation;
  readonly validator: Validator;
  readonly xml: XmlCodec;
  /** Path below the practice's or group's segment, for example `STU3/1/gpconnect`. */
  readonly path: string;
}

export interface GatewayHttp {
  readonly context: GatewayContext;
  readonly directory: Directory;
  readonly face: Face;
  /** Whose certificate a request comes with, and who may ask for what. */
  readonly access: AllowList & Pick<ClientIdentification, 'namesOf'>;
  /** Scheme and authority that consumers use, without a trailing slash. */
  readonly publicUrl: string;
  /** What the CapabilityStatement declares: written from the table of interactions. */
  readonly declares: readonly ServedInteraction[];
  readonly version: string;
  readonly releaseDate: string;
  /** Whether every answer is validated before it is sent. */
  readonly checkAnswers: boolean;
}

export interface Exchange {
  readonly caller: Caller;
  readonly headers: IncomingHttpHeaders;
  readonly query: URLSearchParams;
  /** The `{id}` of the path, where the interaction has one. */
  readonly id: string;
  /** The parsed body of a POST or PUT; already known to be bounded and well formed, in JSON's form. */
  readonly body: unknown;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly resource: object;
  /** Logical id and version of a single resource: become `ETag` and `Content-Location`. */
  readonly single?: { readonly type: string; readonly id: string; readonly version: string };
  readonly created?: boolean;
  readonly lastModified?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** For the audit trail: `Type/id` of what was touched. */
  readonly touched: readonly string[];
  /** Runs when the last byte has been handed to the consumer's connection. */
  readonly onDelivered?: () => void;
}
