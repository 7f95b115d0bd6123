/** Loaded before a process of Agora (`node --import`): puts the mutation that CHAOS_MUTATION names into the module that it is for. */
import { registerHooks } from 'node:module';
import { mutate, mutations } from './mutations.js';

const name = process.env.CHAOS_MUTATION ?? '';
const file = new URL(`../../../${mutations[name]?.file}`, import.meta.url).href;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    return url === file ? { ...loaded, source: mutate(name, String(loaded.source)) } : loaded;
  },
});
