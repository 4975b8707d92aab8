/** `slotbridge validate --watch`: an answer for each change, and an end when asked. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { endAll, start } from './command.js';

const PROFILES = resolve(import.meta.dirname, '../../profiles');
const SLOT = readFileSync(join(PROFILES, 'stu3/examples/GPConnect-Slot-1.free.json'), 'utf8');

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'validate-watch-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(endAll);

describe('slotbridge validate --watch', { timeout: 90_000 }, () => {
  it('answers anew what was changed, added and taken away, and ends with the exit code of the last answer', async () => {
    const work = join(folder, 'work');
    mkdirSync(work);
    writeFileSync(join(work, 'a.json'), SLOT);
    const running = start(['validate', '--watch', work]);
    await running.says(/^1 resource in 1 file: valid/m);

    writeFileSync(join(work, 'b.json'), SLOT.replace('"free"', '"foo"'));
    await running.says(
      /b\.json:\d+:\d+: error: Slot\.status .*\n2 resources in 2 files: 1 valid, 1 not valid; 1 error/,
    );

    writeFileSync(join(work, 'a.json'), '{"resourceType": "Slot",}');
    // All that is wrong is told each time: an editor forgets the last answer when a new one begins.
    await running.says(
      /a\.json:1:25: error: .*\n.*b\.json:\d+:\d+: error: .*\n2 resources in 2 files: not valid; 2 errors/,
    );

    rmSync(join(work, 'a.json'));
    await running.says(/not valid; 2 errors.*\n.*b\.json:\d+.*\n1 resource in 1 file: not valid; 1 error/);
    running.signal('SIGINT');
    const { code, stderr } = await running.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^(?:validating…\nwaiting for changes; Ctrl-C ends\n){4}$/);
  });

  it('sees when a profile changes, and waits while it is broken', async () => {
    const profile = join(folder, 'profile.json');
    const define = (min: number): string =>
      JSON.stringify({
        resourceType: 'StructureDefinition',
        url: 'https://example.org/fhir/StructureDefinition/slot',
        name: 'Slot',
        status: 'draft',
        fhirVersion: '3.0.1',
        kind: 'resource',
        abstract: false,
        type: 'Slot',
        baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Slot',
        derivation: 'constraint',
        differential: { element: [{ path: 'Slot' }, { path: 'Slot.overbooked', min }] },
      });
    const file = join(folder, 'slot.json');
    writeFileSync(file, SLOT);
    writeFileSync(profile, '{');
    const running = start(['validate', '--watch', '--profile', profile, file]);
    await running.complains(/--profile \S+profile\.json: .*\nwaiting for changes/);
    writeFileSync(profile, define(0));
    await running.says(/^1 resource in 1 file: valid/m);
    writeFileSync(profile, define(1));
    await running.says(/Slot has no overbooked, which is required; add it/);
    writeFileSync(profile, define(0));
    await running.says(/not valid[^]*in 1 file: valid/);
    running.signal('SIGTERM');
    expect((await running.ended).code).toBe(0);
  });
});
