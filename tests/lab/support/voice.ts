// A made-up voice for the microphones: a pitch that wanders, with syllables, never silent. The usual fake microphone beeps
// once a second, and between the beeps discontinuous transmission sends next to nothing, so that a stop went unnoticed.
import { writeFile } from 'node:fs/promises';

const kRate = 48_000;
const kSeconds = 10;
const kHarmonics = 12;

export async function writeVoice(path: string): Promise<void> {
  const count = kRate * kSeconds;
  const file = Buffer.alloc(44 + count * 2);
  file.write('RIFF', 0);
  file.writeUInt32LE(36 + count * 2, 4);
  file.write('WAVEfmt ', 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20); // PCM
  file.writeUInt16LE(1, 22); // mono
  file.writeUInt32LE(kRate, 24);
  file.writeUInt32LE(kRate * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36);
  file.writeUInt32LE(count * 2, 40);
  let phase = 0;
  for (let i = 0; i < count; ++i) {
    const t = i / kRate;
    const pitch = 130 + 30 * Math.sin(2 * Math.PI * 0.3 * t) + 12 * Math.sin(2 * Math.PI * 1.7 * t);
    phase += (2 * Math.PI * pitch) / kRate;
    let sum = 0;
    for (let h = 1; h <= kHarmonics; ++h) {
      // Two formants that move make it change as speech does.
      const frequency = h * pitch;
      const first = Math.exp(-(((frequency - 550 - 200 * Math.sin(2 * Math.PI * 2.1 * t)) / 250) ** 2));
      const second = Math.exp(-(((frequency - 1500 + 400 * Math.sin(2 * Math.PI * 1.3 * t)) / 350) ** 2));
      sum += Math.sin(h * phase) * (0.15 / h + first + 0.5 * second);
    }
    const syllable = 0.55 + 0.45 * Math.sin(2 * Math.PI * 4 * t);
    const value = Math.max(-1, Math.min(1, 0.18 * sum * syllable));
    file.writeInt16LE(Math.round(value * 32_000), 44 + i * 2);
  }
  await writeFile(path, file);
}
