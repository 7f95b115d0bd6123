import { failures } from './checks/failures.mjs';
import { again, audit, endToEndTests, install } from './checks/install.mjs';
import { changeKeys, changePassword, drain, rollNats, rotateKeys } from './checks/operations.mjs';
import { policies, restricted } from './checks/policies.mjs';
import { databaseRights, natsRights } from './checks/rights.mjs';
import { rollback, rollouts } from './checks/rollouts.mjs';
import { memory, scale } from './checks/scale.mjs';

/** Which checks each shape has, in their order. */
const all = {
  local: [install, again, endToEndTests, ...rollouts, rollback, ...failures, audit],
  production: [
    install,
    again,
    policies,
    restricted,
    natsRights,
    databaseRights,
    rotateKeys,
    ...rollouts,
    rollback,
    drain,
    rollNats,
    changePassword,
    scale,
    changeKeys,
    memory,
    audit,
  ],
};

export const names = [...new Set(Object.values(all).flatMap((checks) => checks.map(({ name }) => name)))];

/** { shape, checks } for the requested checks; each shape is installed first. */
export function checksOf({ only, quick, shape: wanted = quick ? ['local'] : Object.keys(all) }) {
  return Object.entries(all)
    .filter(([shape]) => wanted.includes(shape))
    .map(([shape, checks]) => ({ shape, checks: checks.filter((each) => isWanted(each, only, quick)) }))
    .filter(({ checks }) => checks.some((each) => each !== install) || only.includes(install.name));
}

const isWanted = (check, only, quick) =>
  check === install || (only.length > 0 ? only.includes(check.name) : !quick || check !== endToEndTests);
