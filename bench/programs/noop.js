// A dynamic provider that does nothing, so that a run of it costs what the engine itself costs.
exports.noop = {
  check: async (_olds, news) => ({ inputs: news }),
  diff: async () => ({ changes: false }),
  create: async (inputs) => ({ id: `noop-${inputs.prefix ?? inputs.pool}`, outs: inputs }),
  read: async (id, props) => ({ id, props }),
  update: async (_id, _olds, news) => ({ outs: news }),
  delete: async () => {},
};

// What an AddressPool puts beside its inputs, by as good as no work.
function invent({ names }) {
  const results = Object.fromEntries(
    names.map((name, index) => [name, `2001:db8:100:0:7821:df72:f85d:${index.toString(16)}`]),
  );
  const figures = { total: "18446744073709551616", used: "10000", free: "18446744073709541616" };
  return { results, ...figures, largestFreePrefix: "2001:db8:100:0:8000::/79", released: [] };
}

/** Results in the outputs, as any resource has that hands something out. */
exports.resultsOut = {
  ...exports.noop,
  create: async (inputs) => ({ id: `noop-${inputs.pool}`, outs: { ...inputs, ...invent(inputs) } }),
};

/** In the inputs too, as one text, so that a preview shows them: as AddressPool has it. */
exports.samePayload = {
  ...exports.noop,
  check: async (_olds, news) => {
    const { results, ...figures } = invent(news);
    return { inputs: { ...news, ...figures, results: JSON.stringify(results) } };
  },
};
