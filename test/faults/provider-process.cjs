// The compiled provider in a process of its own, which a history may kill. It is asked by messages what the engine asks by
// gRPC.
const { anyIPRoute } = require("../../dist/provider");

process.on("message", async ({ number, method, args }) => {
  const answer = await anyIPRoute[method](...args).then(
    (result) => ({ number, result }),
    (error) => ({ number, failure: error.message }),
  );
  // Whoever asked may have gone.
  process.send(answer, () => {});
});
process.on("disconnect", () => process.exit());
