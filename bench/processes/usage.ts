/** Loaded before a measured process: answers the benchmark's question how much processor time it has used. */
process.on('message', (message) => {
  if (message !== 'usage') return;
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMicros: user + system });
});
// Whatever ends the benchmark ends what it has started.
process.once('disconnect', () => process.exit(1));
// The question alone must not keep a process alive that has been told to stop.
process.channel?.unref();

export {};
