/** Find and read practitioners and organisations; read a location. */
import type { PracticeEntry } from '../../core/directory.js';
import * as directory from '../../core/read-directory.js';
import type { WireResource } from '../../fhir/representation.js';
import type { Answer, Exchange, GatewayHttp } from '../exchange.js';
import { requestFor } from './shared.js';

type Asked = [http: GatewayHttp, entry: PracticeEntry, exchange: Exchange];

/** All of it is at hand: nobody is waited for. */
function atOnce(answer: (...asked: Asked) => Answer): (...asked: Asked) => Promise<Answer> {
  return (...asked) => Promise.resolve().then(() => answer(...asked));
}

function one(resource: WireResource): Answer {
  const { resourceType: type, id = '', meta } = resource;
  return {
    status: 200,
    resource,
    single: { type, id, version: meta?.versionId ?? '' },
    touched: [`${type}/${id}`],
  };
}

export const findPractitioner = atOnce((http, entry, exchange) => {
  const { representation } = http.face;
  const sdsUserId = representation.parsePractitionerSearch(exchange.query);
  const found = directory.searchPractitioners(requestFor(entry, exchange), sdsUserId);
  return {
    status: 200,
    resource: representation.writePractitionerSearch(found, entry.practice),
    touched: found.map(({ id }) => `Practitioner/${id}`),
  };
});

export const readPractitioner = atOnce((http, entry, exchange) => {
  const practitioner = directory.readPractitioner(requestFor(entry, exchange), exchange.id);
  return one(http.face.representation.writePractitioner(practitioner, entry.practice));
});

export const findOrganization = atOnce((http, entry, exchange) => {
  const { representation } = http.face;
  const odsCode = representation.parseOrganizationSearch(exchange.query);
  const found = directory.searchOrganisations(requestFor(entry, exchange), odsCode);
  return {
    status: 200,
    resource: representation.writeOrganizationSearch(found),
    touched: found.map((practice) => `Organization/${practice.odsCode}`),
  };
});

export const readOrganization = atOnce((http, entry, exchange) => {
  const practice = directory.readOrganisation(requestFor(entry, exchange), exchange.id);
  return one(http.face.representation.writeOrganization(practice));
});

export const readLocation = atOnce((http, entry, exchange) => {
  const location = directory.readLocation(requestFor(entry, exchange), exchange.id);
  return one(http.face.representation.writeLocation(location, entry.practice));
});
