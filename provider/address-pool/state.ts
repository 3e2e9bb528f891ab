// What Pulumi records of an AddressPool: the inputs, what each name has, and what is in quarantine.
import { formatBlock, parseBlock } from "../../net/allocation/request";
import { isPrefixProblem, type Prefix } from "../../net/prefix";
import { isRecord } from "../check/fields";
import { isEqual, pickInputs, type RawInputs } from "../check/raw-inputs";
import { explainUnreadable, requireCurrentVersion } from "../check/recorded-state";
import type { AnyIPError } from "../errors";
import { outcomeNames } from "./inputs";

/** What a name had until it was given back. */
export interface Released {
  readonly name: string;
  readonly block: Prefix;
  /** Milliseconds since 1970, UTC. */
  readonly releasedAtMs: number;
}

export interface RecordedPool {
  /** What each name has. */
  readonly results: ReadonlyMap<string, Prefix>;
  readonly released: readonly Released[];
}

/** How much of a pool is taken, in addresses: exact integers, which a JSON number could not hold. */
export interface Figures {
  readonly total: string;
  readonly used: string;
  readonly free: string;
  /** Missing where nothing is free. */
  readonly largestFreePrefix?: string;
}

const inputNames = [
  "pool",
  "names",
  "prefixLength",
  "strategy",
  "secret",
  "exclude",
  "reserve",
  "includeReserved",
  "quarantine",
] as const;

/** What is recorded beside the inputs, in the form that the engine stores. */
export type Outcome = Readonly<Record<string, unknown>>;

/** The results are one JSON text: the engine handles each property of thousands several times a run, at preview and in the state. */
export function encodeOutcome({ results, released }: RecordedPool, figures: Figures): Outcome {
  const texts = Object.fromEntries([...results].map(([name, block]) => [name, formatBlock(block)]));
  return {
    results: JSON.stringify(texts),
    ...figures,
    released: released.map(({ name, block, releasedAtMs }) => ({
      name,
      block: formatBlock(block),
      releasedAt: new Date(releasedAtMs).toISOString(),
    })),
  };
}

/** Outputs for the engine: the inputs under their own names, so that the secret stays marked, and what became of them. */
export function encodeState(inputs: RawInputs, outcome: Outcome): Record<string, unknown> {
  return { ...extractInputs(inputs), ...outcome };
}

/** The inputs without what was foreseen, or those that a recorded state was made from. */
function extractInputs(properties: RawInputs): Record<string, unknown> {
  return pickInputs(properties, inputNames);
}

/** What was foreseen in inputs, if anything was. */
export function extractOutcome(inputs: RawInputs): Outcome | undefined {
  return inputs.results === undefined ? undefined : pickInputs(inputs, outcomeNames);
}

/** True when two pools were made from the same inputs. */
export function hasSameInputs(a: RawInputs, b: RawInputs): boolean {
  return isEqual(extractInputs(a), extractInputs(b));
}

/**
 * Reads a recorded state of any version up to this one.
 *
 * @throws AnyIPError STATE_UNREADABLE for a newer version, or for a state that was edited into nonsense.
 */
export function decodeState(outputs: RawInputs): RecordedPool {
  requireCurrentVersion(outputs);
  const { released = [] } = outputs;
  const results = decodeResults(outputs.results);
  if (!results) throw unreadable("results");
  if (!Array.isArray(released)) throw unreadable("released");
  return { results, released: released.map(decodeReleased) };
}

/** The `results` of an outcome; undefined for anything else. */
export function decodeResults(raw: unknown): Map<string, Prefix> | undefined {
  const texts = parseJson(raw);
  if (!isRecord(texts)) return undefined;
  const results = new Map<string, Prefix>();
  for (const [name, text] of Object.entries(texts)) {
    const block = typeof text === "string" ? parseBlock(text) : { problem: "is no text" };
    if (isPrefixProblem(block)) return undefined;
    results.set(name, block);
  }
  return results;
}

function parseJson(text: unknown): unknown {
  try {
    return typeof text === "string" ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

function decodeReleased(raw: unknown): Released {
  const { name, block: text, releasedAt } = isRecord(raw) ? raw : {};
  const block = typeof text === "string" ? parseBlock(text) : { problem: "is no text" };
  const releasedAtMs = typeof releasedAt === "string" ? Date.parse(releasedAt) : Number.NaN;
  if (typeof name !== "string" || isPrefixProblem(block) || Number.isNaN(releasedAtMs))
    throw unreadable("released");
  return { name, block, releasedAtMs };
}

function unreadable(name: string): AnyIPError {
  return explainUnreadable(
    `\`${name}\` holds what no pool can have; restore the state, such as by \`pulumi stack import\``,
  );
}
