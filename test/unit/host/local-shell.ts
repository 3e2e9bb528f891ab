// What a shell on this machine needs to be a host's: directories of the test's own, and a stub of `ip` that is one.
import { join } from "node:path";
import { formatStartScript } from "../../../provider/host/batch-script";
import { hostDirectory } from "../../../provider/host/record";

/** Logs each line, and answers as `ip -batch -` does where it is asked for something: with what it SAYS, and the answer. */
export const takeLines = `while IFS= read -r line; do
echo "$line" >>"$LOG"
case "$line" in link*) printf '%s1: lo: <LOOPBACK>\\n' "$SAYS" ;; esac
done`;

/** The directory of the lock, below a folder that stands for the host's root. */
export function lockIn(folder: string): string {
  return join(folder, "lock");
}

/** The start script, but for its PATH, which has the real `ip`, and with the host's directories below this folder. */
export function formatStartIn(folder: string, nonce: string): string {
  return formatStartScript(nonce)
    .replace(/^PATH=\S+ /m, "")
    .replace(/^store=.*$/m, `store=${join(folder, "store")}`)
    .replaceAll(hostDirectory, lockIn(folder));
}
