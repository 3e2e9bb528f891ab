// The shell text that takes the host's lock: flock on a directory that only root can open, which all runs and the restore
// program share. It goes when nothing holds it and no record is left. POSIX sh.

/** So often may the directory have gone when it is to be opened; one that cannot be opened at all looks the same. */
const maxTries = 20;

export interface LockWords {
  /** The lock's directory, as the shell has it. */
  readonly directory: string;
  /** A command that ends the shell, where the directory cannot be made or opened. */
  readonly giveUp: string;
  /** Lines that lock descriptor 9, or end the shell. */
  readonly lock: readonly string[];
}

/** Takes the lock as descriptor 9, which has it until it is closed. One that is of a directory that has gone meanwhile is none. */
export function formatTakeLock({ directory, giveUp, lock }: LockWords): string[] {
  return [
    "tries=0",
    "while :; do",
    `  [ ! -L ${directory} ] || ${giveUp}`,
    `  [ -d ${directory} ] || mkdir ${directory} 2>/dev/null || [ -d ${directory} ] || ${giveUp}`,
    // It may have gone since, which would end the shell without `command`.
    `  if ! { command exec 9<${directory}; } 2>/dev/null; then`,
    `    [ $((tries += 1)) -lt ${maxTries} ] || ${giveUp}`,
    "    continue",
    "  fi",
    ...lock.map((line) => `  ${line}`),
    // In a subshell, $$ is another process.
    `  [ ${directory} -ef /proc/self/fd/9 ] && break`,
    "  exec 9<&-",
    "done",
  ];
}
