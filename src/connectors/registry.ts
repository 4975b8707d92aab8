/** The practice systems we know, one line each. Everything else of a connector stays in its folder. */
import { pdsSettings } from './pds/index.js';
import type { Connector } from './connector.js';
import { hmisConnector } from './hmis/index.js';

const CONNECTORS = [hmisConnector] as const;

export const registry = {
  connectors: new Map<string, Connector<unknown>>(
    CONNECTORS.map((connector) => [connector.type, connector as Connector<unknown>]),
  ),
  demographics: { pds: pdsSettings },
} as const;
