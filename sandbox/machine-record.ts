// What is written down of every machine of a sandbox, host or not.
import type { ProcessId } from "./processes";

/** A set of namespaces: `unshare` holds them from outside, `init` is process 1 inside. */
export interface MachineRecord {
  readonly holder: ProcessId;
  readonly init: ProcessId;
  /** Booted by an init of its own, see boot/: `init` is its keeper, and the machine is what that boots. */
  readonly boots?: true;
}
