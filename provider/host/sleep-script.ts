// The shell text of a wait that TERM ends, with all of it. Pure; POSIX sh.

/** For a subshell of its own, which TERM ends as soon as the wait has begun. */
export function formatInterruptibleSleep(seconds: number): string[] {
  return [
    // TERM may come before the sleeper has a name, and while it is still a copy of this shell, with this trap:
    // only KILL is sure to end it then.
    "ended=",
    "trap 'ended=1' TERM",
    // The sleeper must hold neither the lock nor the channel: it may outlive us by its own time.
    `sleep ${seconds} </dev/null >/dev/null 2>&1 9<&- &`,
    "sleeper=$!",
    "trap 'kill -9 \"$sleeper\" 2>/dev/null; exit 0' TERM",
    '[ -z "$ended" ] || { kill -9 "$sleeper" 2>/dev/null; exit 0; }',
    'wait "$sleeper"',
  ];
}
