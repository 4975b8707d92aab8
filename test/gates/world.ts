/**
 * What the gates are measured in: a practice with places for many rounds, a register of a hundred patients, and one or
 * several gateways in front of it: as processes of their own, or one inside this process.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfiguration } from '../../src/config.js';
import { registry } from '../../src/connectors/registry.js';
import { startGateway } from '../../src/main.js';
import { createSystemRuntime } from '../../src/system.js';
import type { Json } from '../support/consumer.js';
import { NHS_NUMBER, slotPath, type FoundSlot } from '../support/flow.js';
import { startGatewayProcess, type GatewayProcess } from '../support/gateway-process.js';
import { LEDGER_KEY } from '../support/gateway.js';
import { startPostgres } from '../support/postgres.js';
import { consultantsFor, dayAhead, DAYS, FIRST_CONSULTANT, INSTITUTION, nhsNumber } from './practice-data.js';
import { startPractice } from './practice-process.js';
import { createSender, ASID, ODS_CODE, type Sender } from './sender.js';

export interface WorldOptions {
  /** More than one share a PostgreSQL of their own; one has a SQLite file. */
  readonly instances: number;
  /** Places that can be booked, each a session of its own. */
  readonly places: number;
  readonly patients: number;
  /** What the practice is asked for at a time, where not the usual. */
  readonly calls?: Readonly<Record<string, number>>;
  /** Folder of the gateway's JavaScript; without it one gateway runs inside this process. */
  readonly built?: string;
}

export interface World {
  readonly gateways: readonly { readonly url: string }[];
  readonly slots: readonly FoundSlot[];
  readonly patients: readonly string[];
  /** Of the bookings that are not cancelled, how many are in the session of this slot. */
  standing(slot: FoundSlot): Promise<number>;
  /** How many calls to book the practice has got. */
  bookingCalls(): Promise<number>;
  /** One more gateway over the same ledger. */
  start(): Promise<GatewayProcess>;
  /** Takes the place of a gateway that has been stopped. */
  replace(index: number, gateway: GatewayProcess): void;
  gateway(index: number): GatewayProcess;
  close(): Promise<void>;
}

/** JSON is YAML too. */
export function practicesFile(practiceUrl: string, ledger: object, consultants: number, calls: object = {}): string {
  return JSON.stringify({
    publicUrl: 'https://gateway.example.nhs.uk',
    ledger: { ...ledger, key: { env: 'GATES_LEDGER_KEY' } },
    demographics: { type: 'none' },
    consumers: 'any',
    practices: [
      {
        odsCode: ODS_CODE,
        name: 'Riverside Surgery',
        address: { line: ['1 Quay Lane'], city: 'Testham', postalCode: 'HG9 9ZZ', country: 'GB' },
        zone: 'Europe/London',
        asid: ASID,
        enabled: { foundations: true, appointmentManagement: true },
        practiceSystem: {
          type: 'hmis',
          baseUrl: practiceUrl,
          allowHttp: true,
          key: { env: 'GATES_PRACTICE_KEY' },
          calls,
        },
        locations: [{ systemId: String(INSTITUTION), name: 'Riverside Surgery' }],
        practitioners: Array.from({ length: consultants }, (_, n) => ({
          systemId: String(FIRST_CONSULTANT + n),
          sdsUserId: `5550001112${String(41 + n)}`,
          name: { family: `Number ${n}`, given: ['Ari'], prefix: ['Dr'] },
          gender: 'female',
          role: { code: 'R0260' },
        })),
        slots: { defaults: { type: 'GP routine', channel: 'In-person', minutes: 10, bookable: true }, horizon: '14d' },
      },
    ],
  });
}

async function startInside(config: string, env: Record<string, string>): Promise<GatewayProcess> {
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const gateway = await startGateway({
    configuration: loadConfiguration(config, env, registry),
    runtime: createSystemRuntime(),
    log: silent,
    host: '127.0.0.1',
    port: 0,
  });
  const end = async (): Promise<number> => gateway.stop().then(() => 0);
  const never = new Promise<number | null>(() => undefined);
  return {
    url: gateway.url,
    pid: process.pid,
    terminate: end,
    kill: () => gateway.stop(),
    send: () => undefined,
    exited: never,
    signal: () => null,
  };
}

/** Every place that can be booked. */
export async function slotsOf(sender: Sender): Promise<readonly FoundSlot[]> {
  const found: FoundSlot[] = [];
  for (let day = 1; day <= DAYS; day += 1) {
    const { status, text } = await sender.get('searchSlots', slotPath(dayAhead(day), dayAhead(day)));
    if (status !== 200) throw new Error(`the search was answered ${status}: ${text.slice(0, 500)}`);
    const resources: Json[] = (JSON.parse(text).entry ?? []).map((entry: Json) => entry.resource);
    const schedules = new Map(resources.map((one) => [`${one.resourceType}/${one.id}`, one]));
    for (const slot of resources.filter(({ resourceType }) => resourceType === 'Slot')) {
      const schedule = schedules.get(slot.schedule.reference);
      const actors: string[] = schedule.actor.map((actor: Json) => actor.reference);
      const at = (type: string): string | undefined => actors.find((actor) => actor.startsWith(`${type}/`));
      found.push({
        id: slot.id,
        start: slot.start,
        end: slot.end,
        scheduleType: schedule.serviceCategory?.text,
        location: at('Location') ?? '',
        practitioner: at('Practitioner'),
      });
    }
  }
  return found;
}

/** The first so many, by the ids that the gateway gives them. */
export async function patientsOf(sender: Sender, count: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const path = `/Patient?identifier=${encodeURIComponent(`${NHS_NUMBER}|${nhsNumber(n)}`)}`;
    const { status, text } = await sender.get('findPatient', path);
    if (status !== 200) throw new Error(`the patient search was answered ${status}: ${text.slice(0, 500)}`);
    ids.push(JSON.parse(text).entry[0].resource.id as string);
  }
  return ids;
}

function sessionOf(slot: FoundSlot): number {
  return Number(slot.id.split('-', 1)[0]);
}

export async function createWorld(options: WorldOptions): Promise<World> {
  const { instances, built } = options;
  const consultants = consultantsFor(options.places);
  const folder = mkdtempSync(join(tmpdir(), 'slotbridge-gates-'));
  const practice = await startPractice(consultants, options.patients);
  const server = instances > 1 ? await startPostgres() : undefined;
  const env = {
    GATES_LEDGER_KEY: LEDGER_KEY,
    GATES_PRACTICE_KEY: 'gates-key',
    GATES_LEDGER_URL: (await server?.newSchema()) ?? '',
  };
  const config = join(folder, 'practices.yaml');
  const ledger = server ? { postgres: { url: { env: 'GATES_LEDGER_URL' } } } : { file: join(folder, 'ledger.sqlite') };
  writeFileSync(config, practicesFile(practice.url, ledger, consultants, options.calls));
  const running = new Set<GatewayProcess>();
  const gateways: GatewayProcess[] = [];
  const start = async (): Promise<GatewayProcess> => {
    const script = [`${built ?? ''}/cli.js`, 'serve', '--config', config, '--port', '0'];
    const gateway = built ? await startGatewayProcess(env, config, script, []) : await startInside(config, env);
    running.add(gateway);
    void gateway.exited.then(() => running.delete(gateway));
    return gateway;
  };
  const close = async (): Promise<void> => {
    await Promise.all([...running].map((gateway) => gateway.kill()));
    await Promise.all([practice.close(), server?.remove()]);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (let n = 0; n < instances; n += 1) gateways.push(await start());
    const sender = createSender(gateways[0]?.url ?? '');
    const world = { slots: await slotsOf(sender), patients: await patientsOf(sender, options.patients) };
    await sender.close();
    return {
      ...world,
      gateways,
      standing: (slot) => practice.ask({ standingIn: sessionOf(slot) }),
      bookingCalls: () => practice.ask({ callsOf: { method: 'POST', path: '/rh/api/channel/bookings' } }),
      start,
      replace(index, gateway) {
        gateways[index] = gateway;
      },
      gateway(index) {
        const gateway = gateways[index];
        if (!gateway) throw new Error(`there is no gateway ${index}`);
        return gateway;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
