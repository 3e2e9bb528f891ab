// Running other programs and telling a person about it. Nothing here knows what is being set up.
// Programs get argument arrays, never a shell line.
import { spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** sbin is where ip and sshd live, and it is not on the PATH of a plain Debian user. */
const systemFolders = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/** A failure whose message is all that a person needs: what is wrong and what to do. */
export class SetupError extends Error {
  name = "SetupError";
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** The full path of a command, or undefined. */
export function findCommand(command, path = process.env.PATH ?? "") {
  const folders = [...path.split(delimiter).filter(Boolean), ...systemFolders];
  return folders.map((folder) => join(folder, command)).find(isExecutable);
}

/** Whether every file of `names` is an executable in `folder`. */
export function hasExecutables(folder, names) {
  return names.every((name) => isExecutable(join(folder, name)));
}

/**
 * Runs a program without input and collects what it prints. Never throws for a program that fails or does
 * not exist: that is `code` ≠ 0 with the reason in `output`.
 */
export function run(command, args, { cwd, env = process.env, timeoutMs, progress } = {}) {
  return new Promise((resolve) => {
    const chunks = { stdout: [], stderr: [], both: [] };
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of ["stdout", "stderr"]) {
      child[stream].on("data", (chunk) => {
        chunks[stream].push(chunk);
        chunks.both.push(chunk);
      });
    }
    const stopProgress = progress === undefined ? () => {} : showProgress(progress);
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), timeoutMs);
    const finish = (code, reason) => {
      clearTimeout(timer);
      stopProgress();
      const text = (name) => Buffer.concat(chunks[name]).toString("utf8");
      resolve({ code, stdout: text("stdout"), output: `${text("both")}${reason ?? ""}`.trim() });
    };
    child.on("error", (error) => finish(127, `${command}: ${error.message}`));
    child.on("close", (code, signal) =>
      finish(code ?? 1, signal === null ? undefined : `ended by ${signal}`),
    );
  });
}

/** One line every 15 s, or one line that counts seconds on a terminal, until the returned function is called. */
function showProgress(label) {
  const startedAt = performance.now();
  const seconds = () => Math.round((performance.now() - startedAt) / 1000);
  const onTerminal = process.stderr.isTTY === true;
  const timer = setInterval(
    () => process.stderr.write(onTerminal ? `\r  ${label} ${seconds()} s ` : `  ${label} ${seconds()} s\n`),
    onTerminal ? 1_000 : 15_000,
  );
  return () => {
    clearInterval(timer);
    if (onTerminal) process.stderr.write("\r\u001b[K");
  };
}

/** The last lines of a program's output, indented, for a failure message. */
export function tail(output, lines = 15) {
  return output
    .split("\n")
    .slice(-lines)
    .map((line) => `    ${line}`)
    .join("\n");
}

/** Prints one line about a step. To stderr, so that a caller's standard output stays its own. */
export function report(line) {
  process.stderr.write(`${line}\n`);
}

/** Does `work` and reports `what` with the seconds that it took. */
export async function timed(what, work) {
  const startedAt = performance.now();
  const result = await work();
  report(`setup: ${what} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
  return result;
}
