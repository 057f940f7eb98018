// Prometheus text, as far as the tests need it: every sample by its name and labels.

export type Labels = Readonly<Record<string, string>>;

interface Sample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

const kSample = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)/u;
const kLabel = /(\w+)="((?:[^"\\]|\\.)*)"/gu;

export class Metrics {
  readonly #samples: readonly Sample[];

  constructor(text: string) {
    this.#samples = text.split('\n').flatMap((line) => {
      const match = line.startsWith('#') ? null : kSample.exec(line);
      if (match === null) return [];
      const labels = Object.fromEntries(
        [...(match[2] ?? '').matchAll(kLabel)].map((label) => [label[1] ?? '', label[2] ?? '']),
      );
      return [{ name: match[1] ?? '', labels, value: Number(match[3]) }];
    });
  }

  has(name: string): boolean {
    return this.#samples.some((sample) => sample.name === name);
  }

  /** Of all the samples that have at least these labels; 0 when there are none. */
  sum(name: string, labels: Labels = {}): number {
    return this.#samples
      .filter((sample) => sample.name === name)
      .filter((sample) => Object.entries(labels).every(([key, value]) => sample.labels[key] === value))
      .reduce((total, sample) => total + sample.value, 0);
  }
}
