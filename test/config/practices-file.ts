/** A small, whole practices file, a connector of our own for it, and a way to load text as a file. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import {
  ConfigurationError,
  loadConfiguration,
  type Configuration,
  type ConfigurationEnvironment,
  type ConfigurationRegistry,
  type Problem,
} from '../../src/config.js';
import type { Connector } from '../../src/connectors/connector.js';

const paper: Connector<unknown> = {
  type: 'paper',
  settings: (secret) =>
    z.strictObject({
      baseUrl: z.url(),
      allowHttp: z.boolean().optional(),
      key: secret,
      drawers: z.int().min(1).default(3),
      filing: z
        .discriminatedUnion('kind', [
          z.strictObject({ kind: z.literal('alphabetical') }),
          z.strictObject({ kind: z.literal('numbered'), digits: z.int() }),
        ])
        .optional(),
    }),
  create: () => {
    throw new Error('not part of these tests');
  },
};

export const registry = {
  connectors: new Map([[paper.type, paper]]),
  demographics: {
    pds: (secret: z.ZodType<string>) => z.strictObject({ baseUrl: z.url(), apiKey: secret.optional() }),
  },
} satisfies ConfigurationRegistry;

export type TestConfiguration = Configuration<{ baseUrl: string; apiKey?: string | undefined }>;

export const LEDGER_KEY = Buffer.from(Array.from({ length: 32 }, (_, index) => index)).toString('base64');

export const environment: ConfigurationEnvironment = { LEDGER_KEY, PAPER_KEY: 'not-so-secret' };

/** The data of a file without problems or warnings; fresh on each call, so that a test may bend it. */
export function practicesFile() {
  return {
    publicUrl: 'https://gateway.example.nhs.uk',
    ledger: { file: 'ledger.sqlite', key: { env: 'LEDGER_KEY' } as unknown },
    demographics: { type: 'none' } as Record<string, unknown>,
    practices: [practiceOf('A99901', '200000009901'), practiceOf('A99902', '200000009902')],
    consumers: 'any' as unknown,
    groups: [{ name: 'north', asid: '200000009900', practices: ['A99901', 'A99902'] }],
  };
}

function practiceOf(odsCode: string, asid: string) {
  return {
    odsCode,
    name: `Practice ${odsCode}`,
    address: { line: ['1 Mill Lane'], city: 'Northport', postalCode: 'HG9 9ZZ' },
    zone: 'Europe/London',
    asid,
    enabled: { foundations: true, appointmentManagement: true },
    practiceSystem: {
      type: 'paper',
      baseUrl: 'https://paper.example.nhs.uk',
      key: { env: 'PAPER_KEY' },
    } as Record<string, unknown>,
    locations: [{ systemId: '10', name: 'Main surgery' }] as Record<string, unknown>[],
    practitioners: [
      { systemId: '301', name: { family: 'Achterberg', given: ['Jo'], prefix: ['Dr'] }, role: { code: 'R0260' } },
    ] as Record<string, unknown>[],
    slots: {
      defaults: { type: 'GP routine', channel: 'In-person', minutes: 10, bookable: true },
      rules: [] as unknown[],
    } as Record<string, unknown>,
  };
}

const directory = mkdtempSync(join(tmpdir(), 'slotbridge-config-'));
afterAll(() => rmSync(directory, { recursive: true }));

export function writeBeside(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

export function load(source: string | object, env: ConfigurationEnvironment = environment): TestConfiguration {
  const text = typeof source === 'string' ? source : stringify(source);
  return loadConfiguration(writeBeside('practices.yaml', text), env, registry);
}

export function problemsOf(source: string | object, env: ConfigurationEnvironment = environment): readonly Problem[] {
  try {
    load(source, env);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

/** `path: message` of each, which is what most tests are about. */
export function complaintsOf(source: string | object, env?: ConfigurationEnvironment): readonly string[] {
  return problemsOf(source, env).map(({ path, message }) => `${path}: ${message}`);
}
