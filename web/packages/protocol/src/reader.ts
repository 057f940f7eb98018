// Checked reading of values that came from outside. A failed check throws ReadError, which parse functions catch: it
// never leaves this package.

export class ReadError extends Error {}

export type JsonObject = Readonly<Record<string, unknown>>;

const MAX_INTEGER = Number.MAX_SAFE_INTEGER;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fail(path: string, wanted: string): never {
  throw new ReadError(`${path}: ${wanted} expected`);
}

/** Lengths count characters; one may take two UTF-16 units, so only texts between the bounds are counted through. */
function hasLength(value: string, min: number, max: number): boolean {
  if (value.length < min || value.length > 2 * max) return false;
  return value.length <= max || Array.from(value).length <= max;
}

/** Reads members of one JSON object; each method names the member and what it must be. */
export class ObjectReader {
  readonly #value: JsonObject;
  readonly #path: string;

  constructor(value: unknown, path = 'message') {
    if (!isObject(value)) fail(path, 'an object');
    this.#value = value;
    this.#path = path;
  }

  has(name: string): boolean {
    return this.#value[name] !== undefined;
  }

  isNull(name: string): boolean {
    return this.#value[name] === null;
  }

  text(name: string, min = 1, max = 200_000): string {
    const value = this.#value[name];
    if (typeof value !== 'string' || !hasLength(value, min, max)) {
      fail(this.#at(name), `a text of ${min} to ${max} characters`);
    }
    return value;
  }

  matching(name: string, pattern: RegExp, max: number): string {
    const value = this.text(name, 1, max);
    if (!pattern.test(value)) fail(this.#at(name), `a text like ${pattern.source}`);
    return value;
  }

  integer(name: string, min = 0, max = MAX_INTEGER): number {
    const value = this.#value[name];
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
      fail(this.#at(name), `a whole number from ${min} to ${max}`);
    }
    return value;
  }

  boolean(name: string): boolean {
    const value = this.#value[name];
    if (typeof value !== 'boolean') fail(this.#at(name), 'true or false');
    return value;
  }

  word<Word extends string>(name: string, words: readonly Word[]): Word {
    const value = this.#value[name];
    const found = words.find((word) => word === value);
    if (found === undefined) fail(this.#at(name), `one of ${words.join(', ')}`);
    return found;
  }

  object(name: string): ObjectReader {
    return new ObjectReader(this.#value[name], this.#at(name));
  }

  /** An absent member reads as an empty list when `required` is false. */
  objects(name: string, max: number, required = true): ObjectReader[] {
    return this.#list(name, max, required).map(
      (entry, index) => new ObjectReader(entry, `${this.#at(name)}[${index}]`),
    );
  }

  texts(name: string, max: number): string[] {
    return this.#list(name, max, true).map((entry, index) => {
      if (typeof entry !== 'string') fail(`${this.#at(name)}[${index}]`, 'a text');
      return entry;
    });
  }

  /** `{ [name]: read() }` when the member is there and not null, else nothing: for exact optional properties. */
  optional<Name extends string, Value>(
    name: Name,
    read: (reader: this, name: Name) => Value,
  ): Readonly<Partial<Record<Name, Value>>> {
    if (!this.has(name) || this.isNull(name)) return {} as Partial<Record<Name, Value>>;
    return { [name]: read(this, name) } as Readonly<Partial<Record<Name, Value>>>;
  }

  nullable<Value>(name: string, read: (reader: this, name: string) => Value): Value | null {
    return !this.has(name) || this.isNull(name) ? null : read(this, name);
  }

  #list(name: string, max: number, required: boolean): readonly unknown[] {
    const value = this.#value[name];
    if (value === undefined && !required) return [];
    if (!Array.isArray(value) || value.length > max) fail(this.#at(name), `a list of at most ${max}`);
    return value as readonly unknown[];
  }

  #at(name: string): string {
    return `${this.#path}.${name}`;
  }
}
