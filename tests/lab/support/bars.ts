// What a call must be on a bad network.

/** Share of the time that a picture may stand still, at 300 kbit/s and more. */
export const kFrozenShare = 0.03;
/** "Stops" means for longer than this: where the queue of 300 ms fills at once, sound comes 300 ms later, and some is lost. */
export const kSilenceMs = 600;
/** From the network's recovery to the top layer. */
export const kRecoveryMs = 10_000;

/** On a perfect link; more, and the machine is too busy for its figures to say anything about the server. */
export const kBusyShare = 0.015;
