/** Names, addresses and ways to reach a person or an organisation. */

export type Gender = 'male' | 'female' | 'other' | 'unknown';

/** Code of the human-language list, for example `pl`, with its display text. */
export interface Language {
  readonly code: string;
  readonly display: string;
}

export interface HumanName {
  readonly family: string;
  readonly given: readonly string[];
  readonly prefix: readonly string[];
}

export type AddressUse = 'home' | 'work' | 'temp' | 'old';

export interface PostalAddress {
  readonly use?: AddressUse;
  readonly line: readonly string[];
  readonly city?: string;
  /** County. */
  readonly district?: string;
  readonly postalCode?: string;
  readonly country?: string;
}

export type ContactPointSystem = 'phone' | 'fax' | 'email' | 'pager' | 'url' | 'sms' | 'other';
export type ContactPointUse = 'home' | 'work' | 'temp' | 'old' | 'mobile';

export interface ContactPoint {
  readonly system: ContactPointSystem;
  readonly value: string;
  readonly use?: ContactPointUse;
}
