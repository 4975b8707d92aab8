/** What an operator says about an HMIS installation, beside `type: hmis`. README.md explains each of them. */
import { z, type ZodType } from 'zod';
import { callLimitsSchema, type CallLimits } from '../exchange/index.js';

export interface SlotPolicy {
  readonly kind: 'estimate' | 'window' | 'strict';
  /** How far the time of a booking may be from that of its slot; `strict` takes it for nought. */
  readonly toleranceMinutes: number;
}

export interface HmisTimeouts {
  readonly searchMs: number;
  readonly readMs: number;
  readonly bookMs: number;
  readonly cancelMs: number;
  readonly registerMs: number;
}

export interface HmisSettings {
  readonly baseUrl: string;
  /** Where the application is deployed on its host. */
  readonly contextRoot: string;
  readonly key: string;
  /** Which of the patient's identifiers holds the NHS number. */
  readonly nhsNumberHome: 'phn' | 'nic';
  readonly slotPolicy: SlotPolicy;
  /** Send dates without a time, as one of the two documents has it. */
  readonly dateOnly: boolean;
  readonly allowHttp: boolean;
  readonly settleSeconds: number;
  readonly searchHorizonDays: number;
  readonly defaultPaymentMethod: string;
  readonly timeouts: HmisTimeouts;
  /** At a time, of all practices of the installation together. */
  readonly calls: CallLimits;
}

/** Names and addresses that cannot be somebody else's machine on the internet. */
const PRIVATE_HOST =
  /^(localhost|[a-z][a-z0-9-]*|127\.\d+\.\d+\.\d+|10\.\d+\.\d+\.\d+|192\.168\.\d+\.\d+|172\.(1[6-9]|2\d|3[01])\.\d+\.\d+|\[::1\]|\[f[cd][0-9a-f:]*\])$/;

const milliseconds = (byDefault: number): z.ZodDefault<z.ZodInt> => z.int().min(50).max(60_000).default(byDefault);

function addressProblem(text: string, allowHttp: boolean): string | undefined {
  if (!URL.canParse(text)) return 'must be an address such as https://hmis.example.org';
  const url = new URL(text);
  if (!/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
    return 'must be an http(s) address without user name, query or fragment';
  }
  if (url.protocol === 'https:' || (allowHttp && PRIVATE_HOST.test(url.hostname))) return undefined;
  return 'must be https; plain http needs allowHttp: true and a host on this machine or a private network';
}

export function hmisSettings(secret: ZodType<string>): ZodType<HmisSettings> {
  return z
    .strictObject({
      baseUrl: z.string().max(500),
      contextRoot: z
        .string()
        .regex(/^(\/[A-Za-z0-9._~-]+)*$/, { error: 'must be empty or start with a slash and not end with one' })
        .default('/rh'),
      // A key becomes a header: nothing may stand in it that ends one.
      key: secret.refine((text) => /^[\x21-\x7e]{1,500}$/.test(text), { error: 'must be printable, without spaces' }),
      nhsNumberHome: z.enum(['phn', 'nic']).default('phn'),
      slotPolicy: z
        .strictObject({
          kind: z.enum(['estimate', 'window', 'strict']).default('estimate'),
          toleranceMinutes: z.int().min(0).max(240).default(15),
        })
        .prefault({}),
      dateOnly: z.boolean().default(false),
      allowHttp: z.boolean().default(false),
      settleSeconds: z.int().min(1).max(3600).default(180),
      searchHorizonDays: z.int().min(1).max(84).default(14),
      defaultPaymentMethod: z.string().min(1).max(50).default('OnCall'),
      timeouts: z
        .strictObject({
          searchMs: milliseconds(2000),
          readMs: milliseconds(3000),
          bookMs: milliseconds(5000),
          cancelMs: milliseconds(5000),
          registerMs: milliseconds(5000),
        })
        .prefault({}),
      calls: callLimitsSchema,
    })
    .superRefine((settings, context) => {
      const problem = addressProblem(settings.baseUrl, settings.allowHttp);
      if (problem) context.addIssue({ code: 'custom', path: ['baseUrl'], message: problem });
      const { bookMs, cancelMs, registerMs } = settings.timeouts;
      const least = Math.ceil((2 * Math.max(bookMs, cancelMs, registerMs)) / 1000) + 60;
      if (settings.settleSeconds < least) {
        // "Nothing was booked" is believed after this time: too short, and a late booking becomes a second one.
        const message = `must be at least twice the longest write timeout and a minute: ${least}`;
        context.addIssue({ code: 'custom', path: ['settleSeconds'], message });
      }
    });
}
