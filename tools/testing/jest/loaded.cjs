/** What test files get for `@agora/testing`; `environment.mjs` has loaded it. */
module.exports = { ...globalThis.agoraTesting };
