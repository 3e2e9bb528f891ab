// Tells what happens: steps with their seconds, commands as one types them, what they print. Does nothing itself.
import { throwIfInterrupted } from "./interruption.mjs";

const WIDTH = 100;
const INDENT = "    ";

let steps = 0;

/** Which step failed, and why, for the message at the end. */
class StepError extends Error {
  constructor(number, title, cause) {
    super(`Step ${number} (${title}) failed: ${cause.message}`, { cause });
  }
}

/** Breaks a line between words; what continues it begins with `indent` too. A word that is too long stays whole. */
function wrap(line, indent = "") {
  const lines = [""];
  for (const word of line.split(/(?<=\S)(?= )/)) {
    const last = lines.at(-1);
    if (last === "" || indent.length + last.length + word.length <= WIDTH) lines.push(lines.pop() + word);
    else lines.push(word.trimStart());
  }
  return lines.map((text) => `${indent}${text}`.trimEnd()).join("\n");
}

/** Prints a paragraph. */
export function say(text) {
  console.log(wrap(text));
}

/** Prints a command and the machine that it runs on; further lines belong to it. */
export function showCommand(command, machine = "") {
  console.log(`${machine}$ ${command}`);
}

/** Prints what a command printed. */
export function showOutput(text) {
  for (const line of text.trimEnd().split("\n")) console.log(wrap(line, INDENT));
}

/** Takes output in pieces and prints its lines as they come; empty ones only between others, one at a time. */
export function outputPrinter() {
  let rest = "";
  let gap = "";
  let isFirst = true;
  const print = (line) => {
    if (line.trim() === "") {
      gap = isFirst ? "" : "\n";
      return;
    }
    console.log(gap + wrap(line.trimEnd(), INDENT));
    gap = "";
    isFirst = false;
  };
  return {
    add(piece) {
      const lines = (rest + piece).split("\n");
      rest = lines.pop();
      lines.forEach(print);
    },
    end() {
      print(rest);
    },
  };
}

export function seconds(startedAt) {
  const taken = (performance.now() - startedAt) / 1000;
  return `${taken.toFixed(taken < 1 ? 2 : 1)} s`;
}

/**
 * Does one step of the story.
 *
 * @param why the sentence before it
 * @throws StepError
 */
export async function step(title, why, work) {
  throwIfInterrupted();
  const number = ++steps;
  const startedAt = performance.now();
  console.log(`\n── ${number}. ${title} ${"─".repeat(WIDTH - 6 - title.length - String(number).length)}\n`);
  say(why);
  console.log();
  try {
    const result = await work();
    throwIfInterrupted();
    console.log(`\n${`(${seconds(startedAt)})`.padStart(WIDTH)}`);
    return result;
  } catch (error) {
    throwIfInterrupted();
    throw new StepError(number, title, error);
  }
}
