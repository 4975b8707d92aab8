/**
 * What several gateways over one ledger keep apart by: each holds one lease, and with it the places it works at and the
 * attempts it looks after. A gateway whose lease has been taken away holds nothing any more.
 */
export interface Leases {
  /**
   * Takes a place for this process; `false` while another living one has it. Throws `GatewayError` `ledger-unavailable`
   * when the ledger cannot say, and while this process has no lease.
   */
  take(place: string): Promise<boolean>;
  /** Gives it to whoever asks next. Never throws: what could not be given back is given back with the next renewal. */
  give(place: string): Promise<void>;
  /**
   * Whether the lease is so young that nobody else can have taken it before a call that begins now has ended. By the
   * monotonic clock. Nothing that changes anything at a practice may be sent while it is not.
   */
  maySend(): boolean;
}
