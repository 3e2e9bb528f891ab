// A prefix from text that a test knows to be one.
import { isPrefixProblem, type Prefix, parsePrefix } from "../../../net/prefix";

export function requirePrefix(text: string): Prefix {
  const prefix = parsePrefix(text);
  if (isPrefixProblem(prefix)) throw new Error(`${text} ${prefix.problem}`);
  return prefix;
}
