/** Headers that every request carries, and the line it comes over. */
import { ALL, must, section, should, tested, type Section } from './requirement.js';

const BODIES = 'F4 A2 A5 A6';

export const transport: readonly Section[] = [
  section('5.1', 'Headers of a request', {
    1: must(ALL, 'Without Ssp-TraceID it is 400 BAD_REQUEST'),
    2: must(ALL, 'Without Ssp-From it is 400 BAD_REQUEST'),
    3: must(ALL, 'Without Ssp-To it is 400 BAD_REQUEST'),
    4: must(ALL, 'Without Ssp-InteractionID it is 400 BAD_REQUEST'),
    5: must(ALL, 'Without Authorization it is 400 BAD_REQUEST'),
    6: must(ALL, 'A header that is there but blank is as good as missing'),
    7: must(ALL, 'Ssp-To has to be the ASID of the practice in the path'),
    8: must(ALL, 'Ssp-To is not used to find the practice'),
    9: must(ALL, 'Ssp-From is kept for the audit'),
    10: must(ALL, 'An interaction id that nobody knows is 400 BAD_REQUEST'),
    11: tested(ALL, 'The interaction id of another interaction is 400 BAD_REQUEST'),
    12: must(BODIES, 'A body without a FHIR media type in Content-Type is 415'),
    13: must('A5 A6', 'One address serves amend and cancel: the interaction id decides which rules hold'),
    14: must(ALL, 'A refusal for a header has the issue type invalid'),
    15: must('F1', 'The capability statement asks for the same headers as every other interaction'),
    16: must(ALL, 'A request that fails these checks reaches no practice system'),
  }),

  section('5.3', 'Transport security', {
    1: must(ALL, 'Connections are taken with TLS and a certificate on both sides'),
    2: must(ALL, 'A connection without TLS is dropped'),
    3: must(ALL, 'TLS 1.2 is spoken'),
    4: must(ALL, 'TLS 1.0, TLS 1.1 and SSL are never spoken'),
    5: must(ALL, 'Ciphers with AES-GCM and ephemeral keys come first'),
    6: tested(ALL, 'ECDHE-RSA with AES-GCM is accepted'),
    7: tested(ALL, 'DHE-RSA with AES-GCM is accepted'),
    8: tested(ALL, 'ECDHE-RSA and DHE-RSA with AES256 in CBC mode are accepted'),
    9: tested(ALL, 'AES128-SHA256 and NULL-MD5 are refused'),
    10: must(ALL, 'The certificate of the caller has to come from the authority that is configured'),
    11: must(ALL, 'A certificate that has expired is refused'),
    12: must(ALL, 'A certificate that has been revoked is refused'),
    13: must(ALL, 'The name in the certificate has to be the name of the proxy'),
    14: tested(ALL, 'A caller without a certificate is refused'),
    15: must(ALL, 'What stands in a query string does not reach an unprotected log'),
    16: should(ALL, 'A caller cannot exhaust the gateway with slow, large or deep requests'),
    17: must(ALL, 'The service is tested against the ten most common weaknesses of web applications', {
      outside: 'A security test of the installed service, by people',
    }),
    18: must(ALL, 'Clocks follow the time servers of the NHS', {
      outside: 'Tokens and embargoes are measured by the clock of the machine, which the operator sets',
    }),
    19: must(ALL, 'The client certificate comes from the authority of the NHS', {
      outside:
        'Which authority is trusted is configured at the installation; that only its certificates are taken is 5.3-10',
    }),
  }),
];
