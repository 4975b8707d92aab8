/** The made-up practice of the benchmarks: what its system says, and what the gateway is told about it. */

export const ODS_CODE = 'A99901';
export const ASID = '200000009901';
export const SLOTS = 100;
/** Of the search that fills its fourteen days. */
export const MANY_SLOTS = 1000;
/** Days from today to the last day of that search; no other search ends there. */
export const LONGEST_SEARCH = 14;
export const PATIENT_NUMBER = '9990000018';
export const PATIENT_ID = 501;

const DAY_MS = 86_400_000;
const INSTITUTION = 10;
const CLINICIANS = [42, 43] as const;
const SESSION_DAYS = 5;
const SESSIONS_A_DAY = 10;
const FIRST_OF_MANY = 20_001;
const MANY_DAYS = 12;
const MANY_A_DAY = 42;
/** Sessions from this id on have one place each and exist for any number that is asked for. */
export const FIRST_SINGLE = 1_000_000;
/** Times of the single places of one day: every ten minutes from nine. */
const SINGLES_A_DAY = 48;

/** Days from today; sessions lie two to six days ahead, so that no time zone and no hour of the day matters. */
export function dateAhead(days: number): string {
  return new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);
}

function clock(minutes: number): string {
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}:00`;
}

function sessionRow(id: number, date: string, minute: number, length: number, places: number): object {
  const clinician = CLINICIANS[id % CLINICIANS.length];
  return {
    id,
    name: 'General surgery',
    consultantId: clinician,
    consultantName: `Dr. Number ${String(clinician)}`,
    specialityId: 12,
    specialityName: 'General Practice',
    institutionId: INSTITUTION,
    institutionName: 'Benchmark Surgery',
    institutionCode: ODS_CODE,
    sessionDate: `${date} 00:00:00`,
    startingTime: `${date} ${clock(minute)}`,
    endingTime: `${date} ${clock(minute + length * places)}`,
    duration: length,
    roomNo: 3,
    maxNo: places,
    bookedPatientCount: 0,
    availableSlots: places,
    nextAvailableAppointmentNumber: 1,
    total: 25,
    totalForForeigner: 40,
    itemId: 901,
    status: 'Available',
    acceptOnlineBookings: true,
    doctorHoliday: false,
    started: false,
    completed: false,
    cancelled: false,
  };
}

/** Fifty sessions of an hour; within the usual tolerance of a quarter of an hour, each shows two slots. */
export function listing(): readonly object[] {
  return Array.from({ length: SESSION_DAYS * SESSIONS_A_DAY }, (_, index) => {
    const date = dateAhead(2 + Math.floor(index / SESSIONS_A_DAY));
    return sessionRow(5001 + index, date, 8 * 60 + (index % SESSIONS_A_DAY) * 60, 10, 6);
  });
}

/** A thousand appointments of ten minutes, each a session of its own: two clinicians, twelve days. */
export function longListing(): readonly object[] {
  return Array.from({ length: MANY_SLOTS }, (_, index) => {
    const number = Math.floor(index / CLINICIANS.length);
    const minute = 8 * 60 + (Math.floor(number / MANY_DAYS) % MANY_A_DAY) * 10;
    return sessionRow(FIRST_OF_MANY + index, dateAhead(2 + (number % MANY_DAYS)), minute, 10, 1);
  });
}

export interface SinglePlace {
  readonly date: string;
  /** `hh:mm:ss` on the practice's wall. */
  readonly time: string;
}

export function singlePlace(id: number): SinglePlace {
  const number = id - FIRST_SINGLE;
  const minute = 9 * 60 + (Math.floor(number / SESSION_DAYS) % SINGLES_A_DAY) * 10;
  return { date: dateAhead(2 + (number % SESSION_DAYS)), time: clock(minute) };
}

export function singleSession(id: number): object {
  const { date, time } = singlePlace(id);
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return sessionRow(id, date, hours * 60 + minutes, 10, 1);
}

export function clinicianOf(session: number): string {
  return String(CLINICIANS[session % CLINICIANS.length]);
}

/** JSON is YAML too. Patients are not traced: the register has no part in either scenario. */
export function practicesFile(practiceSystemUrl: string, ledgerFile: string): string {
  const practitioners = CLINICIANS.map((systemId, index) => ({
    systemId: String(systemId),
    sdsUserId: `55500011124${String(index)}`,
    name: { family: `Number ${String(systemId)}`, given: ['Ari'], prefix: ['Dr'] },
    gender: 'female',
    role: { code: 'R0260' },
  }));
  const practice = {
    odsCode: ODS_CODE,
    name: 'Benchmark Surgery',
    address: { line: ['1 Quay Lane'], city: 'Testham', postalCode: 'HG9 9ZZ', country: 'GB' },
    telecom: [{ system: 'phone', value: '01632 960001' }],
    zone: 'Europe/London',
    asid: ASID,
    enabled: { foundations: true, appointmentManagement: true },
    practiceSystem: {
      type: 'hmis',
      baseUrl: practiceSystemUrl,
      allowHttp: true,
      key: { env: 'BENCH_PRACTICE_KEY' },
      // Eight reads for consumers, as many as the reference makes; nobody is turned away, whose time is measured.
      calls: { reads: 10, readsWaiting: 256, writes: 64, writesWaiting: 256 },
    },
    locations: [{ systemId: String(INSTITUTION), name: 'Benchmark Surgery' }],
    practitioners,
    slots: { defaults: { type: 'GP routine', channel: 'In-person', minutes: 10, bookable: true }, horizon: '14d' },
  };
  return JSON.stringify({
    publicUrl: 'https://gateway.example.nhs.uk',
    ledger: { file: ledgerFile, key: { env: 'BENCH_LEDGER_KEY' } },
    demographics: { type: 'none' },
    practices: [practice],
  });
}

export const SECRETS: Readonly<Record<string, string>> = {
  BENCH_PRACTICE_KEY: 'bench-practice-key',
  BENCH_LEDGER_KEY: '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff',
};

/** The only patient there is, as a search by her number finds her. */
export function patients(): object[] {
  return [
    {
      id: PATIENT_ID,
      name: 'Jane Elizabeth Testerby',
      title: 'Mrs',
      sex: 'Female',
      dob: '1985-06-15 00:00:00',
      mobile: '07700 900001',
      phn: PATIENT_NUMBER,
      address: '1 High Street, Testham, HG9 9ZZ',
    },
  ];
}
