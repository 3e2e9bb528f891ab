// The last thing that happens to an error before the engine prints it: its code is added, what is internal is dropped.
import type { dynamic } from "@pulumi/pulumi";
import { AnyIPError } from "./errors";

type EngineProvider = Required<Omit<dynamic.ResourceProvider, "configure">>;

/** A provider, made when it is first asked, whose errors a person can read: one message that ends with the code. */
export function withReadableErrors(make: () => EngineProvider): dynamic.ResourceProvider {
  let made: EngineProvider | undefined;
  const ask = <T>(call: (provider: EngineProvider) => Promise<T>): Promise<T> =>
    readably(() => {
      made ??= make();
      return call(made);
    });
  return {
    check: (olds, news) => ask((provider) => provider.check(olds, news)),
    diff: (id, olds, news) => ask((provider) => provider.diff(id, olds, news)),
    create: (inputs) => ask((provider) => provider.create(inputs)),
    read: (id, props) => ask((provider) => provider.read(id, props)),
    update: (id, olds, news) => ask((provider) => provider.update(id, olds, news)),
    delete: (id, props) => ask((provider) => provider.delete(id, props)),
  };
}

async function readably<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof AnyIPError)) throw error;
    // A new error: the engine would take an `id` for a resource that was made in part, and it prints the stack of
    // whatever fails in check, diff, read or delete, where ours says nothing that the message does not.
    const readable = new Error(`${error.message} (${error.code})`);
    readable.stack = error.code;
    throw readable;
  }
}
