// The wire contract of every state ever recorded. If a test that uses it fails, the change breaks those states.
export const providerLiteral = 'exports.handler=()=>require("pulumi-anyip/provider").anyIPRoute';
export const poolLiteral = 'exports.handler=()=>require("pulumi-anyip/provider").addressPool';
export const allocationLiteral = 'exports.handler=()=>require("pulumi-anyip/provider").addressAllocation';
