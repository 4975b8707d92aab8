/** `slotbridge demo`: a federation of three practices in one process, and a consumer at work. */
import { DemoStepFailed } from './demo/consumer.js';
import { offerCurl } from './demo/curl-files.js';
import { showProof } from './demo/proof.js';
import { actSessions } from './demo/sessions.js';
import { createShow } from './demo/show.js';
import { startSurroundings } from './demo/surroundings.js';
import { untilStopped } from './stopping.js';

export async function runDemo(options: { readonly port: number; readonly once: boolean }): Promise<void> {
  const show = createShow();
  // A script has no use for a fixed port, and one that is taken would only get in its way.
  const surroundings = await startSurroundings(options.once ? 0 : options.port);
  const { gateway, installations, register } = surroundings;
  try {
    show.heading('Slotbridge demo');
    show.table([
      ['what', 'where'],
      ['gateway', gateway.url],
      ...installations.map(({ name, simulation }) => [`practice system ${name} (HMIS, simulated)`, simulation.url]),
      ['national register (PDS, simulated)', register.url],
    ]);
    const bookings = await actSessions(gateway.url, show);
    await showProof(installations, bookings, show);
    show.say('');
    show.say(`Every step succeeded: ${bookings.length} appointments booked, each of them once.`);
    if (options.once) return;
    const curl = await offerCurl(gateway.url, bookings, show);
    show.say('');
    show.say('Serving until you press Ctrl-C.');
    await untilStopped();
    curl.stop();
  } catch (error) {
    if (!(error instanceof DemoStepFailed)) throw error;
    show.say('');
    show.say(`The demo stopped at: ${error.message}`);
    process.exitCode = 1;
  } finally {
    await surroundings.stop();
  }
}
