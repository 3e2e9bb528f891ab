// The arguments of the functions on text: what is not what it should be is thrown, with the argument's name, what was given
// and what would be right.
import { type Address, parseAddress } from "../net/address";
import { isNameProblem, type NameProblem, parseDomainName, parseHostName } from "../net/host-name";
import { hostPrefix, isPrefixProblem, type Prefix, parsePrefix } from "../net/prefix";

/** @throws TypeError */
export function readPrefix(argument: string, text: string): Prefix {
  const prefix = parsePrefix(requireText(argument, text, "2001:db8:100::/64"));
  if (isPrefixProblem(prefix)) throw new TypeError(`${argument} ${quote(text)} ${prefix.problem}`);
  return prefix;
}

/** @throws TypeError */
export function readAddress(argument: string, text: string): Address {
  const address = parseAddress(requireText(argument, text, "2001:db8:100::1"));
  if (address) return address;
  const isPrefix = !isPrefixProblem(parsePrefix(text));
  throw new TypeError(
    `${argument} ${quote(text)} is ${isPrefix ? "a prefix" : "not an address"}; ` +
      "write one address, such as 2001:db8:100::1 or 192.0.2.1",
  );
}

/**
 * A prefix, or an address as the prefix that holds nothing else.
 *
 * @throws TypeError
 */
export function readPrefixOrAddress(argument: string, text: string): Prefix {
  if (requireText(argument, text, "2001:db8:100::/64 or 2001:db8:100::1").includes("/")) {
    return readPrefix(argument, text);
  }
  return hostPrefix(readAddress(argument, text));
}

/**
 * The complete name of a host, which may be relative to an origin that {@link readDomain} has read.
 *
 * @throws TypeError
 */
export function readHostName(argument: string, text: string, origin: string | undefined): string {
  return requireName(argument, text, parseHostName(requireText(argument, text, "shop.example"), origin));
}

/** @throws TypeError */
export function readDomain(argument: string, text: string): string {
  return requireName(argument, text, parseDomainName(requireText(argument, text, "shop.example")));
}

/**
 * A whole number from `min` to `max`.
 *
 * @param meaning what the figure is, in words that continue "must be".
 * @throws TypeError for what is no number, RangeError for one that is none of these
 */
export function readFigure(
  argument: string,
  figure: number | bigint,
  [min, max]: readonly [min: bigint, max: bigint],
  meaning: string,
): bigint {
  if (typeof figure !== "number" && typeof figure !== "bigint") {
    throw new TypeError(`${argument} must be a number or a bigint, not ${describe(figure)}`);
  }
  const value = typeof figure === "bigint" || Number.isSafeInteger(figure) ? BigInt(figure) : undefined;
  if (value !== undefined && value >= min && value <= max) return value;
  const isInexact = value === undefined && Number.isInteger(figure) && max > BigInt(Number.MAX_SAFE_INTEGER);
  const advice = isInexact ? ", as a bigint where it is above 2^53" : "";
  throw new RangeError(
    `${argument} ${figure} must be ${meaning}: a whole number from ${min} to ${max}${advice}`,
  );
}

/** A text as messages show it: in one line, and no longer than helps. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

/** What a value is that is not of its type. Programs in JavaScript may give anything. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return `${value}`;
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "another object" : `a ${typeof value}`;
}

function requireText(argument: string, text: unknown, example: string): string {
  if (typeof text === "string") return text;
  throw new TypeError(
    `${argument} must be text such as ${example}, not ${describe(text)}; that of an Output is known inside apply`,
  );
}

function requireName(argument: string, text: string, answer: string | NameProblem): string {
  if (isNameProblem(answer)) throw new TypeError(`${argument} ${quote(text)} ${answer.problem}`);
  return answer;
}
