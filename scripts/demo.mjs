// npm run demo: a tutorial that really happens. Makes everything ready, gets root's rights, tells the story.
// Node builtins only, because it starts in a fresh clone.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { interruptedBy, listenForInterruption, throwIfInterrupted } from "./demo/interruption.mjs";
import { endDescendants } from "./demo/processes.mjs";
import { repository } from "./setup/paths.mjs";
import { run } from "./setup/process.mjs";
import { SetupError, setUp } from "./setup.mjs";

const help = `Usage: npm run demo [-- --keep]

Binds an IPv6 /64 and an IPv4 subnet to a throw-away host with the real Pulumi, looks at them from a second
machine, takes them away again, and gives three named sites an address each. Needs Linux and root's rights, and takes them by \`sudo -n\`.

  --keep   leave the host and the stack, and say how to go on by hand
`;

/** How long a set-up that is interrupted may take to tidy up. */
const SET_UP_END_MS = 5_000;

/** setUp() knows of no interruption: ending what it runs makes it fail, and remove what it has half made. */
async function setUpOrBeInterrupted() {
  let ending;
  const stop = () => {
    ending = setInterval(endDescendants, 50);
    setTimeout(() => process.exit(exitCodeOfInterruption()), SET_UP_END_MS).unref();
  };
  interruptedBy.addEventListener("abort", stop, { once: true });
  try {
    return await setUp({ debianTrees: true });
  } finally {
    clearInterval(ending);
    interruptedBy.removeEventListener("abort", stop);
    throwIfInterrupted();
  }
}

async function assertCanBeRoot() {
  if (process.platform !== "linux") {
    throw new SetupError(
      `The demo makes network namespaces, which needs Linux, and this is ${process.platform}.`,
    );
  }
  if (process.getuid() === 0 || (await run("sudo", ["-n", "true"])).code === 0) return;
  throw new SetupError(
    "The demo makes network namespaces, which needs root's rights, and `sudo -n` doesn't give them.\n" +
      "Run it as root, or type `sudo -v` first, or allow sudo without a password.",
  );
}

/**
 * Tells the story in a process of root's. The pipe to it is what tells it to stop, and its end does so too:
 * sudo passes on no signal that comes from its own process group.
 */
function tellThroughSudo(args) {
  // sudo may replace both, whatever -E says; the cache with the engine is under HOME.
  const environment = ["env", `PATH=${process.env.PATH}`, `HOME=${process.env.HOME}`];
  const program = [process.execPath, fileURLToPath(import.meta.url), "--as-root", ...args];
  return new Promise((resolve, reject) => {
    const child = spawn("sudo", ["-n", "-E", ...environment, ...program], {
      cwd: repository,
      stdio: ["pipe", "inherit", "inherit"],
    });
    child.stdin.on("error", () => {});
    interruptedBy.addEventListener("abort", () => child.stdin.end(), { once: true });
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

function exitCodeOfInterruption() {
  return 128 + (constants.signals[interruptedBy.reason?.signalName] ?? constants.signals.SIGTERM);
}

async function main() {
  const { values } = parseArgs({
    options: {
      keep: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
      "as-root": { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  listenForInterruption({ withInput: values["as-root"] });
  if (!values["as-root"]) {
    await assertCanBeRoot();
    await setUpOrBeInterrupted();
    if (process.getuid() !== 0) return tellThroughSudo(values.keep ? ["--keep"] : []);
  }
  // Only now, because it needs the build.
  const { tellStory } = await import("./demo/story.mjs");
  return tellStory(values);
}

let code;
try {
  code = await main();
} catch (error) {
  code = error.code?.startsWith?.("ERR_PARSE_ARGS") ? 2 : 1;
  const known = error instanceof SetupError || code === 2;
  const told = known || interruptedBy.aborted;
  process.stderr.write(`demo: ${told ? (interruptedBy.reason ?? error).message : error.stack}\n`);
}
// Not exitCode: the pipe from the parent behind sudo, or something that was interrupted, may keep the loop going.
process.exit(interruptedBy.aborted ? exitCodeOfInterruption() : code);
