// Sound sent twice (RED, RFC 2198) or plain: Chromium sends the one whose payload type comes first in the other end's description.
// encodings[].codec would be the way without a negotiation, but Chromium (156) takes `audio/red` there, says that it is set, and
// sends plain Opus. So the page repeats the last negotiation with itself, in the other order: both ends negotiated both numbers,
// and the other end needn't be told. Firefox has no RED; its descriptions stay as they are and nothing is repeated.

/** The other end's description, its numbers in the order that we are to send in. */
export function soundOrder(sdp: string, twice: boolean): string {
  return sdp
    .split(/(?=^m=)/m)
    .map((section) => (section.startsWith('m=audio') ? orderSection(section, twice) : section))
    .join('');
}

function orderSection(section: string, twice: boolean): string {
  // What the other end doesn't receive, we don't send.
  if (/^a=(sendonly|inactive)\r?$/m.test(section)) return section;
  const red = /^a=rtpmap:(\d+) red\//im.exec(section)?.[1];
  const plain = new RegExp(`^a=fmtp:${red ?? ''} (\\d+)/`, 'm').exec(section)?.[1];
  if (red === undefined || plain === undefined) return section;
  return section.replace(/^(m=audio \S+ \S+)([^\r\n]*)/, (_line, begin: string, numbers: string) => {
    const others = numbers.split(' ').filter((number) => number !== '' && number !== red && number !== plain);
    return [begin, ...(twice ? [red, plain] : [plain, red]), ...others].join(' ');
  });
}

/** Does nothing while a negotiation is under way: its description is brought into order when it comes. */
export async function sendSoundTwice(connection: RTCPeerConnection, twice: boolean): Promise<void> {
  const remote = connection.currentRemoteDescription;
  if (remote === null || connection.signalingState !== 'stable') return;
  const sdp = soundOrder(remote.sdp, twice);
  if (sdp === remote.sdp) return;
  // Each end keeps its part: who offered offers again, or the DTLS roles would not fit.
  if (remote.type === 'answer') {
    await connection.setLocalDescription(await connection.createOffer());
    await connection.setRemoteDescription({ type: 'answer', sdp });
  } else {
    await connection.setRemoteDescription({ type: 'offer', sdp });
    await connection.setLocalDescription(await connection.createAnswer());
  }
}
