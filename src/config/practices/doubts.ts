/** What a practices file may say and its author probably did not mean. Reported as warnings; the gateway starts. */
import { child, childList } from '../source/document.js';
import type { Finding } from '../source/problems.js';

const CAPABILITIES = ['foundations', 'appointmentManagement'] as const;

/** For a file without problems. */
export function findDoubts(raw: unknown): readonly Finding[] {
  const open: Finding = {
    path: ['consumers'],
    message: 'is not set, so whoever can connect may call under any ASID: list the consumers, or say `any`',
  };
  return [...(child(raw, 'consumers') === undefined ? [open] : []), ...findPracticeDoubts(raw)];
}

function findPracticeDoubts(raw: unknown): readonly Finding[] {
  return childList(raw, 'practices').flatMap((practice, index) => {
    const path = ['practices', index];
    const enabled = child(practice, 'enabled');
    const findings: Finding[] = CAPABILITIES.filter((capability) => child(enabled, capability) === undefined).map(
      (capability) => ({
        path: [...path, 'enabled', capability],
        message: `is not set, so it is off and consumers are refused: say \`true\` or \`false\``,
      }),
    );
    const slots = child(practice, 'slots');
    const dresses = [child(slots, 'defaults'), ...childList(slots, 'rules').map((rule) => child(rule, 'set'))];
    if (!dresses.some((dress) => child(dress, 'bookable') === true)) {
      findings.push({
        path: [...path, 'slots'],
        message: 'nowhere sets `bookable: true`, so no slot of this practice is ever shown',
      });
    }
    return findings;
  });
}
