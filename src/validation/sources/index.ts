export { type LoadOptions, type LoadedDefinitions, loadDefinitions } from './load.js';
export type { DefinitionSource } from './definitions-in.js';
