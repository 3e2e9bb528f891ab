// Registering resources without the SDK's stack trace per promise, which costs more than all else it does.

/**
 * Turns stack traces off until the returned function is called. The SDK takes one for every promise that it makes,
 * only to print it under PULUMI_DEBUG_PROMISE_LEAKS; without them 1,000 routes register in three quarters of the time.
 */
export function pauseStackTraces(): () => void {
  const limit = Error.stackTraceLimit;
  if (process.env.PULUMI_DEBUG_PROMISE_LEAKS) return () => {};
  Error.stackTraceLimit = 0;
  return () => {
    Error.stackTraceLimit = limit;
  };
}
