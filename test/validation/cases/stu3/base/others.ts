import type { BaseTable } from './table.js';

export const ORGANIZATION: BaseTable = {
  faults: [
    ['name', ['Millbeck'], 'Organization.name', 'type'],
    ['alias', 'Millbeck', 'Organization.alias', 'type'],
    ['type', { text: 'GP practice' }, 'Organization.type', 'type'],
    ['type.0.coding.0.code', 'a  b', 'Organization.type[0].coding[0].code', 'format'],
    ['type.0.coding.0.userSelected', 'yes', 'Organization.type[0].coding[0].userSelected', 'type'],
    ['telecom.0.system', 'tel', 'Organization.telecom[0].system', 'binding'],
    ['address.0.type', 'visit', 'Organization.address[0].type', 'binding'],
    ['partOf', { reference: 'Location/1' }, 'Organization.partOf', 'reference-target'],
    ['odsCode', 'A99977', 'Organization.odsCode', 'unknown-element'],
    ['contact', [{}], 'Organization.contact[0]', 'empty'],
  ],
  harmless: [
    ['active', false, 'type'],
    ['partOf', { reference: 'Organization/2' }, 'reference-target'],
    ['_alias', [{ id: 'a' }], 'primitive-extension'],
  ],
};

export const DEVICE: BaseTable = {
  faults: [
    ['model', 7, 'Device.model', 'type'],
    ['version', ['4'], 'Device.version', 'type'],
    ['status', 'broken', 'Device.status', 'binding'],
    ['udi.entryType', 'guess', 'Device.udi.entryType', 'binding'],
    ['manufactureDate', '2024-04-31', 'Device.manufactureDate', 'format'],
    ['url', 'not a uri', 'Device.url', 'format'],
    ['identifier', {}, 'Device.identifier', 'type'],
    ['resourceType', 'InvalidDevice', 'Device', 'resource-type'],
    ['invalidField', 'x', 'Device.invalidField', 'unknown-element'],
  ],
  harmless: [
    ['manufactureDate', '2024-04-30', 'format'],
    ['status', undefined, 'cardinality'],
  ],
};

export const SLOT: BaseTable = {
  faults: [
    ['schedule', undefined, 'Slot.schedule', 'cardinality'],
    ['status', undefined, 'Slot.status', 'cardinality'],
    ['start', undefined, 'Slot.start', 'cardinality'],
    ['end', undefined, 'Slot.end', 'cardinality'],
    ['status', 'open', 'Slot.status', 'binding'],
    ['schedule.reference', 'Slot/1', 'Slot.schedule', 'reference-target'],
    ['start', '2026-06-31T14:15:00+01:00', 'Slot.start', 'format'],
    ['end', '2026-07-01T14:60:00+01:00', 'Slot.end', 'format'],
    ['overbooked', 0, 'Slot.overbooked', 'type'],
    ['schedule', [{ reference: 'Schedule/1' }], 'Slot.schedule', 'type'],
    ['deliveryChannel', 'In-person', 'Slot.deliveryChannel', 'unknown-element'],
  ],
  harmless: [
    ['status', 'busy-tentative', 'required-binding'],
    ['comment', 'x', 'format'],
    ['schedule', { display: 'unnamed' }, 'reference-target'],
  ],
};

export const SCHEDULE: BaseTable = {
  faults: [
    ['actor', undefined, 'Schedule.actor', 'cardinality'],
    ['actor', [], 'Schedule.actor', 'empty'],
    ['actor.0.reference', 'Organization/1', 'Schedule.actor[0]', 'reference-target'],
    ['planningHorizon.start', '2026-07-01T14:00:00', 'Schedule.planningHorizon.start', 'format'],
    ['planningHorizon.from', '2026', 'Schedule.planningHorizon.from', 'unknown-element'],
    ['active', null, 'Schedule.active', 'type'],
  ],
  harmless: [
    ['planningHorizon.end', undefined, 'cardinality'],
    ['active', false, 'type'],
  ],
};

export const BUNDLE: BaseTable = {
  faults: [
    ['total', -1, 'Bundle.total', 'format'],
    ['total', '3', 'Bundle.total', 'type'],
    ['entry', {}, 'Bundle.entry', 'type'],
    ['entry.0', {}, 'Bundle.entry[0]', 'empty'],
    ['entry.0.resource.status', 'open', 'Bundle.entry[0].resource.status', 'binding'],
    ['entry.0.resource.resourceType', 'Slots', 'Bundle.entry[0].resource', 'resource-type'],
    ['entry.1.resource.actor', undefined, 'Bundle.entry[1].resource.actor', 'cardinality'],
    ['entry.1.resource', 'Schedule/1', 'Bundle.entry[1].resource', 'type'],
    ['entry.0.search.mode', 'hit', 'Bundle.entry[0].search.mode', 'binding'],
    ['entry.0.search.score', 'high', 'Bundle.entry[0].search.score', 'type'],
    ['entry.2.link.0.url', undefined, 'Bundle.entry[2].link[0].url', 'cardinality'],
    ['entry.2.link.0.title', 'x', 'Bundle.entry[2].link[0].title', 'unknown-element'],
    ['link.0.relation', undefined, 'Bundle.link[0].relation', 'cardinality'],
    ['text', { status: 'empty' }, 'Bundle.text', 'unknown-element'],
  ],
  harmless: [
    ['entry', undefined, 'cardinality'],
    ['total', undefined, 'cardinality'],
  ],
};

export const OPERATION_OUTCOME: BaseTable = {
  faults: [
    ['issue', undefined, 'OperationOutcome.issue', 'cardinality'],
    ['issue.0.severity', undefined, 'OperationOutcome.issue[0].severity', 'cardinality'],
    ['issue.0.severity', 'bad', 'OperationOutcome.issue[0].severity', 'binding'],
    ['issue.0.code', 'oops', 'OperationOutcome.issue[0].code', 'binding'],
    ['issue.0.details', 'text', 'OperationOutcome.issue[0].details', 'type'],
    ['issue.0.expression', 'Appointment', 'OperationOutcome.issue[0].expression', 'type'],
    ['issue.0.diagnostics', '', 'OperationOutcome.issue[0].diagnostics', 'empty'],
  ],
  harmless: [
    ['issue.0.code', 'not-found', 'required-binding'],
    ['issue.0.details', undefined, 'cardinality'],
  ],
};
