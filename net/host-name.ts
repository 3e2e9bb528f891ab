// Names of hosts in the DNS: which texts are one, and the one form that each has. Nothing else may reach a zone file.
import { parseAddress } from "./address";

/** Why a text is not the name of a host, in words that continue "the name …". */
export interface NameProblem {
  readonly problem: string;
}

const hostLabel = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/i;

/**
 * Reads the name of a host: labels of letters, digits and inner hyphens (RFC 952, RFC 1123 §2.1), at most 63 characters each
 * and 253 together (RFC 1035 §2.3.4). The first label may be `*` (RFC 4592).
 *
 * Without an origin a name is complete, with or without a dot at its end. With one it is as in a zone file (RFC 1035 §5.1):
 * complete with the dot, else relative to the origin, which itself is `@`.
 *
 * @param origin a name as this function returns it.
 * @returns the complete name in lower case, without a dot at its end.
 */
export function parseHostName(text: string, origin?: string): string | NameProblem {
  if (text === "@") return origin ?? { problem: "stands for the origin, and none is given" };
  if (/[^\0-\x7f]/.test(text)) return { problem: `is not ASCII; ${adviseAsciiForm(text)}` };
  const isComplete = text.endsWith(".");
  const given = isComplete ? text.slice(0, -1) : text;
  if (parseAddress(given)) return { problem: "is an address where a name is expected, such as shop.example" };
  const isRelative = origin !== undefined && !isComplete;
  const name = (isRelative ? `${given}.${origin}` : given).toLowerCase();
  const labels = name.split(".");
  const problem =
    explainLabels(labels) ??
    (isRelative ? explainRelative(given.toLowerCase(), origin) : undefined) ??
    (labels.length === 1 && !isComplete
      ? `has one label only; give an origin that completes it, or write ${name}. if that is all of it`
      : undefined) ??
    (name.length > 253
      ? `has ${name.length} characters${isRelative ? " with its origin" : ""}; 253 are possible`
      : undefined);
  return problem === undefined ? name : { problem };
}

/** Reads the complete name of a domain or a server: as {@link parseHostName}, but one label is enough, and `*` is none. */
export function parseDomainName(text: string): string | NameProblem {
  const name = parseHostName(text.endsWith(".") ? text : `${text}.`);
  return !isNameProblem(name) && isWildcard(name) ? { problem: "is a wildcard, which no domain is" } : name;
}

/** Narrows {@link parseHostName}'s answer. */
export function isNameProblem(answer: string | NameProblem): answer is NameProblem {
  return typeof answer !== "string";
}

/** True for `*.shop.example`, which answers for names that are not there. */
export function isWildcard(name: string): boolean {
  return name.startsWith("*.");
}

/** Orders names as RFC 4034 §6.1 does: by their labels from the right, so that a domain stays together. */
export function compareNames(a: string, b: string): number {
  const [left, right] = [sortKey(a), sortKey(b)];
  return left === right ? 0 : left < right ? -1 : 1;
}

function sortKey(name: string): string {
  return name.split(".").reverse().join("\0");
}

function explainLabels(labels: readonly string[]): string | undefined {
  const [first, ...others] = labels;
  for (const label of first === "*" && others.length > 0 ? others : labels) {
    if (label === "") return "has an empty label; write it as in shop.example, with one dot between labels";
    if (label.length > 63) return `has a label of ${label.length} characters; 63 are possible`;
    if (!hostLabel.test(label)) {
      return "is no host name; letters, digits, hyphens inside a label and dots between labels are possible";
    }
  }
  return undefined;
}

// What nobody means: shop.example.net.example.net.
function explainRelative(given: string, origin: string): string | undefined {
  const isRepeated = given === origin || given.endsWith(`.${origin}`);
  return isRepeated
    ? `ends in the origin, which would follow once more; write ${given}. with a dot at its end`
    : undefined;
}

/** What to write instead, where the URL standard's reading of IDNA (UTS 46) knows it. */
function adviseAsciiForm(text: string): string {
  const general =
    "write its labels in the ASCII form of IDNA, as in xn--bcher-kva.example for bücher.example";
  if (text.length > 253 || /[\0-\x7f]/.test(text.replace(/[a-z0-9.-]/gi, ""))) return general;
  try {
    const { hostname } = new URL(`http://${text}`);
    const isName = explainLabels(hostname.replace(/\.$/, "").split(".")) === undefined;
    return isName && !parseAddress(hostname) ? `in the ASCII form of IDNA it is ${hostname}` : general;
  } catch {
    return general;
  }
}
