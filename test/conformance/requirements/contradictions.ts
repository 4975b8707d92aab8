/**
 * Where the specification, its examples and its acceptance testing contradict each other. Each is decided in one place
 * in the source, in a comment that holds `Contradiction N`; docs/conformance.md quotes those comments.
 */
export interface Contradiction {
  readonly number: number;
  readonly conflict: string;
  /** Why no line of code decides it. */
  readonly nowhere?: string;
}

const between = (number: number, conflict: string, nowhere?: string): Contradiction => ({
  number,
  conflict,
  ...(nowhere !== undefined && { nowhere }),
});

export const contradictions: readonly Contradiction[] = [
  between(1, 'Whether "future" means the rest of today or the whole of today'),
  between(2, 'Whether another version in If-Match is 409 or 412, and with which code'),
  between(3, 'If-Match is demanded of consumers, and left out by the acceptance testing'),
  between(4, 'Whether an unknown slot is REFERENCE_NOT_FOUND or INVALID_RESOURCE'),
  between(5, 'Whether finding a sensitive patient is an error or an empty Bundle'),
  between(6, 'Whether a registration below the minimum is 422 or 400'),
  between(7, 'Everything unlisted is barred from a registration, and some of it is sent by the acceptance testing'),
  between(8, 'The capability statement accepts unknown elements, and the acceptance testing wants them refused'),
  between(9, 'Whether Ssp-To is checked, or serves the audit only'),
  between(10, 'Whether bearer errors follow RFC 6750 or are 400 BAD_REQUEST'),
  between(11, 'Whether another FHIR type in a claim is 400 or 422'),
  between(12, 'General guidance still speaks of chained parameters, deletion, and reading a Slot or a Schedule'),
  between(13, 'Whether another method is 400 or 405'),
  between(14, 'The text demands a Location of every Schedule, the profile is content with a Practitioner'),
  between(
    15,
    'The relationship of a contact is text only by the guidance, and may be coded by the profile',
    'No practice system served here holds contacts of a patient, so none is written',
  ),
  between(16, 'iat is not to be validated, and exp has to be iat plus 300 seconds'),
  between(
    17,
    'The requirements workbook differs from the pages: 200 for a booking, slots across the range, open ranges',
  ),
  between(18, 'The table of interactions lists 201 for an update, and the text says that an update never creates'),
  between(19, 'The system of an error code is a ValueSet in the examples and the CodeSystem in the profile'),
  between(20, 'The code is ACCESS_DENIED in the guidance and "ACCESS DENIED" in the code system'),
  between(
    21,
    'The code for missing consent of the organisation is spelt in two ways',
    'The code is never sent: sharing agreements are the business of the proxy',
  ),
  between(22, 'The display of an error code differs between table, example and code system'),
  between(23, 'The issue type of INTERNAL_SERVER_ERROR is processing in the table and exception in an example'),
  between(24, 'Systems of verification status and registration type have two addresses'),
  between(25, 'Examples write addresses and telecoms as objects where the profile has lists, and the reverse'),
  between(26, 'Examples repeat a version, drop the type of the organisation, or show an appointment in the past'),
  between(27, 'An example puts a space before charset, the text forbids it'),
  between(28, 'The template of the capability statement gives Appointment the parameter identifier instead of start'),
  between(29, 'Examples of aud end before the routing segment'),
  between(
    30,
    'The example of a registration holds the text of another name and an address of DSTU2',
    'A slip of an example that no rule follows from',
  ),
  between(31, 'The Bundle profile demands an entry, and a search may find nothing'),
  between(32, 'The practitioner roles are 20, 392 or 457, in two systems'),
  between(
    33,
    'Notes on test dependencies name elements of DSTU2',
    'Elements that STU3 does not have cannot be written',
  ),
];
