/** What the composition root takes from this folder. */
export { createPdsDemographics, type PdsInput } from './pds-demographics.js';
export { pdsSettings, type PdsAuthentication, type PdsSettings } from './settings.js';
