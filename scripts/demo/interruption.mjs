// One place that knows whether the demo is to stop, and why. It ends nothing by itself.

const controller = new AbortController();
const PARENT_POLL_MS = 200;
const signals = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Aborted when the demo is to stop; `reason` is an Interruption. */
export const interruptedBy = controller.signal;

class Interruption extends Error {
  constructor(signalName) {
    super(`interrupted by ${signalName}`);
    this.signalName = signalName;
  }
}

function onSignal(signalName) {
  controller.abort(new Interruption(signalName));
}

/**
 * From now on a signal asks for an orderly end, instead of being one; so does a reader who has gone away.
 *
 * @param options.withInput also the end of standard input
 */
export function listenForInterruption({ withInput }) {
  for (const signal of signals) process.on(signal, onSignal);
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => onSignal("SIGPIPE"));
  if (process.env.npm_lifecycle_event !== undefined) watchParent();
  if (withInput) process.stdin.on("end", () => onSignal("SIGTERM")).resume();
}

/** A signal to npm alone ends npm and its shell, but never arrives here. */
function watchParent() {
  const parent = process.ppid;
  const look = () => process.ppid !== parent && onSignal("SIGTERM");
  setInterval(look, PARENT_POLL_MS).unref();
}

/**
 * Takes the signals' other listeners off. A sandbox has some, which would pull the network from under a
 * running Pulumi; here it is closed when Pulumi has ended.
 */
export function beOnlyListener() {
  for (const signal of signals) {
    process.removeAllListeners(signal);
    process.on(signal, onSignal);
  }
}

export function throwIfInterrupted() {
  interruptedBy.throwIfAborted();
}

/** Resolves with `promise`, or rejects at once when the demo is to stop; what it waits for may then run on. */
export function unlessInterrupted(promise) {
  const interruption = new Promise((_, reject) => {
    const stop = () => reject(interruptedBy.reason);
    if (interruptedBy.aborted) stop();
    else interruptedBy.addEventListener("abort", stop, { once: true });
  });
  return Promise.race([promise, interruption]);
}
