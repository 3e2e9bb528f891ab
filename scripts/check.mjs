// npm run check: every quality gate, all of them even if one fails.
import { runGates } from "./gates.mjs";

const { failed } = await runGates();
process.exitCode = failed === 0 ? 0 : 1;
