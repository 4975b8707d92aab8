/** The practices of the measured gateway: the benchmarks' practice as often as there are installations. */
import { practicesFile } from '../../../bench/practice.js';

export const GROUP = 'federation/north';
export const GROUP_ASID = '200000009900';
export const odsCodeOf = (index: number): string => `A992${String(index).padStart(2, '0')}`;
export const asidOf = (index: number): string => `2000000992${String(index).padStart(2, '0')}`;

interface Written {
  practices: { practiceSystem: object }[];
}

/** All of them are searched together as the group `north`. */
export function fileOf(ports: readonly number[], ledgerFile: string): string {
  const written = JSON.parse(practicesFile('http://127.0.0.1', ledgerFile)) as Written;
  const [practice] = written.practices;
  const practices = ports.map((port, index) => {
    // How much a practice is asked for at a time is what an operator gets who says nothing of it.
    const { calls: _, ...system } = { calls: undefined, ...practice?.practiceSystem };
    const practiceSystem = { ...system, baseUrl: `http://127.0.0.1:${String(port)}` };
    return { ...practice, odsCode: odsCodeOf(index), asid: asidOf(index), practiceSystem };
  });
  const members = practices.map(({ odsCode }) => odsCode);
  const groups = [{ name: 'north', asid: GROUP_ASID, practices: members }];
  return JSON.stringify({ ...written, groups, practices });
}
