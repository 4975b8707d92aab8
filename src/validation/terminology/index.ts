export { type CodeCheck, type Membership, type Terminology, createTerminology } from './terminology.js';
