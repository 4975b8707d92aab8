/** The Bundles: GPConnect-Searchset-Bundle-1 of a registration, and the plain searchsets of every other search. */
import { string, unsignedInt, uri } from '../engine/primitives.js';
import { many, never, one, type Check, type Json, type ResourceChoice, type Shape } from '../engine/shape.js';
import { each, STRUCTURE } from '../parts/datatypes.js';
import { APPOINTMENT } from './appointment.js';
import { ORGANIZATION } from './organization.js';
import { PATIENT } from './patient.js';
import { PRACTITIONER } from './practitioner.js';

export const resourcesOf = (bundle: Json): readonly Json[] => each(bundle.entry).map((entry: Json) => entry.resource);

export const onceEach: Check = {
  rule: 'a Bundle holds no resource twice',
  broken: (bundle) => {
    const keys = each(bundle.entry).map(
      (entry: Json) => `${entry.fullUrl ?? ''} ${entry.resource?.resourceType}/${entry.resource?.id}`,
    );
    return keys.find((key, index) => !key.endsWith('/undefined') && keys.indexOf(key) !== index);
  },
};

/** A plain searchset claims no profile; without a match it has no entry, because FHIR JSON has no empty arrays. */
export function searchset(
  name: string,
  resources: ResourceChoice['resources'],
  checks: readonly Check[] = [],
  most: '0..1' | '0..*' = '0..*',
): Shape {
  return {
    name,
    prohibited: {
      ...never('a plain searchset claims no profile', 'meta'),
      ...never('nothing signs or pages it', 'link', 'signature', 'identifier'),
    },
    elements: {
      resourceType: one('1..1', string, { fixed: 'Bundle' }),
      type: one('1..1', string, { fixed: 'searchset' }),
      total: one('0..1', unsignedInt),
      entry: many(most, {
        name: `${name}.entry`,
        prohibited: {
          ...never('a search at one practice has no fullUrl', 'fullUrl'),
          ...never('bdl-3, bdl-4: a searchset has neither', 'request', 'response'),
        },
        elements: { resource: one('1..1', { resources }) },
      }),
    },
    checks: [onceEach, ...checks],
  };
}

const registrationOf = (bundle: Json): readonly Json[] =>
  each(resourcesOf(bundle)[0]?.extension).filter((one: Json) =>
    String(one.url).endsWith('Extension-CareConnect-GPC-RegistrationDetails-1'),
  );

export const REGISTERED: Shape = {
  name: 'GPConnect-Searchset-Bundle-1',
  prohibited: never('the profile prohibits it', 'total', 'link', 'signature'),
  elements: {
    resourceType: one('1..1', string, { fixed: 'Bundle' }),
    meta: one('1..1', {
      name: 'GPConnect-Searchset-Bundle-1 meta',
      elements: { profile: many('1..1', uri, { fixed: `${STRUCTURE}GPConnect-Searchset-Bundle-1` }) },
    }),
    type: one('1..1', string, { fixed: 'searchset' }),
    entry: many('1..1', {
      name: 'GPConnect-Searchset-Bundle-1.entry',
      prohibited: {
        ...never('the profile prohibits it', 'search', 'request', 'response'),
        ...never('the page says SHOULD NOT', 'fullUrl'),
      },
      elements: { resource: one('1..1', { resources: { Patient: PATIENT } }) },
    }),
  },
  checks: [
    {
      rule: 'a registered Patient has exactly one registrationDetails',
      broken: (bundle) => registrationOf(bundle).length !== 1 && `${registrationOf(bundle).length} of them`,
    },
    {
      rule: 'a registered Patient SHALL have its registrationType',
      broken: (bundle) =>
        !each(registrationOf(bundle)[0]?.extension).some((one: Json) => one.url === 'registrationType') && 'none',
    },
  ],
};

/** Several records of one number are never answered: that would be a guess. */
export const FOUND_PATIENTS = searchset('Bundle of patients', { Patient: PATIENT }, [], '0..1');
export const FOUND_PRACTITIONERS = searchset('Bundle of practitioners', { Practitioner: PRACTITIONER });
export const FOUND_ORGANIZATIONS = searchset('Bundle of organisations', { Organization: ORGANIZATION });

const dayOf = (query: URLSearchParams, prefix: string): string | undefined =>
  query
    .getAll('start')
    .find((value) => value.startsWith(prefix))
    ?.slice(prefix.length);

export const RETRIEVED_APPOINTMENTS = searchset('Bundle of appointments', { Appointment: APPOINTMENT }, [
  {
    rule: 'every appointment starts on a day that was asked for',
    broken: (bundle, { query }) => {
      const [from, to] = [dayOf(query, 'ge') ?? '', dayOf(query, 'le') ?? '9'];
      return resourcesOf(bundle).find((one: Json) => {
        const day = String(one.start).slice(0, 10);
        return day < from || day > to;
      })?.start;
    },
  },
  {
    rule: 'every appointment is of the same patient',
    broken: (bundle) => {
      const patients = new Set(
        resourcesOf(bundle).flatMap((one: Json) =>
          each(one.participant)
            .map((two: Json) => two.actor?.reference)
            .filter((reference) => String(reference).startsWith('Patient/')),
        ),
      );
      return patients.size > 1 && [...patients].join();
    },
  },
]);
