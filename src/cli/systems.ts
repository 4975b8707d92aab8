/** What `slotbridge simulate` can simulate; apart from the simulators, which take long to load. */
export const SYSTEMS = ['hmis', 'pds'] as const;
