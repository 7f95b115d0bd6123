/** Loaded before a process of Agora (`node --import`): puts the mutation that CHAOS_MUTATION names into the module that it is for. */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { mutate, mutations } from './mutations.js';

const name = process.env.CHAOS_MUTATION ?? '';
const file = new URL(`../../../../${mutations[name]?.file}`, import.meta.url);

registerHooks({
  load(url, context, nextLoad) {
    if (url !== file.href) return nextLoad(url, context);
    return { format: 'module', shortCircuit: true, source: mutate(name, readFileSync(file, 'utf8')) };
  },
});
