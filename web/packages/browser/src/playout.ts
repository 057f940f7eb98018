// When a receiver shows what arrives. Sound and picture have the same reserve, so that they stay together.

/** `ms`: at least so much after it could; null: as the browser likes. Browsers that don't know the wish go on as they do. */
export function setReserve(receiver: RTCRtpReceiver, ms: number | null): void {
  if ('jitterBufferTarget' in receiver && receiver.jitterBufferTarget !== ms)
    receiver.jitterBufferTarget = ms;
}
