// Reading raw inputs: each field is checked against a grammar, and what is wrong is collected, not thrown.
// No message repeats a value that may be secret: the engine prints what was given where that is safe.

/** What Pulumi shows as `property PROPERTY value {GIVEN} has a problem: REASON`. */
export interface CheckFailure {
  readonly property: string;
  readonly reason: string;
}

// What the engine sends at preview for a value that is not known yet, by type
// (sdk/go/common/resource/plugin/rpc.go in pulumi/pulumi).
const unknownValues: ReadonlySet<unknown> = new Set([
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

/** True for a value that the engine does not know yet, as it happens at preview. */
export function isUnknown(value: unknown): boolean {
  return unknownValues.has(value);
}

/** A grammar for text: a pattern and what it asks for, in words that continue "must be …". */
export interface TextGrammar {
  readonly pattern: RegExp;
  readonly expected: string;
  readonly maxLength: number;
}

// Never a password or a key, and no name that is not known: a misspelt `pasword` is one.
const quotableNames: ReadonlySet<string> = new Set([
  "host",
  "port",
  "user",
  "privateKeyPath",
  "agentSocketPath",
  "hostKey",
  "dialErrorLimit",
  "perDialTimeout",
  "knownHosts",
  "hostKeyPolicy",
  "commandTimeout",
]);

/** What may be shown back: short, and neither a key that was taken for its path nor `user:password@host`. */
function isPrintable(value: unknown): value is string | number {
  if (typeof value === "number") return true;
  return typeof value === "string" && value.length <= 100 && !/@|PRIVATE KEY/.test(value);
}

/** One object of raw inputs. Every getter returns undefined for what is absent, unknown or wrong. */
export class Fields {
  private readonly names = new Set<string>();
  private readonly raw: Readonly<Record<string, unknown>>;

  constructor(
    raw: unknown,
    /** Where the object is, such as `connection.`; empty at the top. */
    private readonly path: string,
    readonly failures: CheckFailure[],
  ) {
    this.raw = isRecord(raw) ? raw : {};
  }

  fail(name: string, reason: string): undefined {
    this.failures.push({ property: this.path + name, reason: reason + this.quoteGiven(name) });
    return undefined;
  }

  /** The engine shows what was given for a property at the top, and `<nil>` for one inside an object. */
  private quoteGiven(name: string): string {
    const value = this.raw[name];
    if (this.path === "" || !quotableNames.has(name) || !isPrintable(value)) return "";
    const text = JSON.stringify(value).replace(/[^ -~]/gu, (character) => {
      return `\\u{${character.codePointAt(0)?.toString(16)}}`;
    });
    return ` (given: ${text})`;
  }

  /** The raw value if there is one to look at: neither absent nor unknown. */
  value(name: string): unknown {
    this.names.add(name);
    const value = this.raw[name];
    return value === null || isUnknown(value) ? undefined : value;
  }

  /** True when the value will only be known later. */
  isUnknown(name: string): boolean {
    return isUnknown(this.raw[name]);
  }

  require(name: string, example: string): void {
    const value = this.raw[name];
    if (value === undefined || value === null) this.fail(name, `is missing; give one such as ${example}`);
  }

  text(name: string, grammar: TextGrammar): string | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    const problem = explainText(value, grammar);
    return problem === undefined ? String(value) : this.fail(name, problem);
  }

  integer(name: string, min: number, max: number, note = ""): number | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
    const given = typeof value === "number" ? "" : `, not ${describeType(value)}`;
    return this.fail(name, `must be a whole number from ${min} to ${max}${given}${note}`);
  }

  boolean(name: string): boolean | undefined {
    const value = this.value(name);
    if (value === undefined || typeof value === "boolean") return value;
    return this.fail(name, `must be true or false, not ${describeType(value)}`);
  }

  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    const chosen = choices.find((choice) => choice === value);
    return chosen ?? this.fail(name, `must be one of ${choices.map((choice) => `"${choice}"`).join(", ")}`);
  }

  /** Call last: names what nobody asked for, with the nearest name that exists. */
  rejectOthers(ignored: readonly string[] = []): void {
    for (const name of Object.keys(this.raw)) {
      if (this.names.has(name) || ignored.includes(name) || this.raw[name] === undefined) continue;
      const near = [...this.names].find((known) => known.toLowerCase() === name.toLowerCase());
      const known = [...this.names].sort().join(", ");
      this.fail(name, `is not a property here; ${near ? `did you mean ${near}?` : `there are ${known}`}`);
    }
  }
}

/** What is wrong with a text, never quoting it; undefined when it fits. */
function explainText(value: unknown, grammar: TextGrammar): string | undefined {
  if (typeof value !== "string") return `must be ${grammar.expected}, not ${describeType(value)}`;
  if (value === "") return `is empty; it must be ${grammar.expected}`;
  if (value.length > grammar.maxLength) {
    return `is ${value.length} characters long, at most ${grammar.maxLength} are possible; it must be ${grammar.expected}`;
  }
  if (!grammar.pattern.test(value)) return `must be ${grammar.expected}`;
  return undefined;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function describeType(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return "a text";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
