/** The `operator` part: a port of its own, and who may look after attempts there. */
import { z } from 'zod';
import { isLoopback } from '../http/access/transport.js';
import type { OperatorSettings } from '../http/operator/settings.js';
import type { References } from './references.js';
import { dnsName, tlsSchema } from './transport.js';

const SHORTEST_TOKEN = 24;
const VISIBLE = /^[\x21-\x7e]+$/;

export function operatorSchema(references: References) {
  const token = references.secret.refine(
    (given) => given.length >= SHORTEST_TOKEN && VISIBLE.test(given),
    'must be at least 24 visible characters: make one with `openssl rand -hex 32`',
  );
  const name = z
    .string()
    .regex(/^[^\s\p{Cc}](?:[^\p{Cc}]{0,58}[^\s\p{Cc}])?$/u, "must be a person's name of at most 60 characters");
  return z
    .strictObject({
      port: z.int().min(0).max(65535).default(8081),
      host: z.string().min(1).default('127.0.0.1'),
      operators: z.array(z.strictObject({ name, token })).default([]),
      tls: tlsSchema(references).optional(),
      clientNames: z.array(dnsName).min(1).optional(),
    })
    .superRefine(({ host, operators, tls, clientNames }, context) => {
      const complain = (path: (string | number)[], message: string): void =>
        context.addIssue({ code: 'custom', path, message });
      if (tls === undefined && !isLoopback(host)) {
        complain(['host'], 'is not a loopback address: add `tls`, or listen on 127.0.0.1');
      }
      if ((tls === undefined) !== (clientNames === undefined)) {
        const message = tls ? 'is missing: say whose certificates may connect' : 'is of use with `tls` only';
        complain(['clientNames'], message);
      }
      operators.forEach((operator, index) => {
        const earlier = operators.slice(0, index);
        if (earlier.some((one) => one.name === operator.name)) {
          complain(
            ['operators', index, 'name'],
            'is the name of another operator: the audit trail must tell them apart',
          );
        }
        if (earlier.some((one) => one.token === operator.token)) {
          complain(['operators', index, 'token'], "is another operator's: give each their own");
        }
      });
    });
}

export function toOperatorSettings(
  written: z.output<ReturnType<typeof operatorSchema>> | undefined,
): OperatorSettings | undefined {
  if (written === undefined) return undefined;
  const { tls, clientNames = [], ...rest } = written;
  return { ...rest, clientNames, tls: tls && { ...tls, crl: tls.crl } };
}
