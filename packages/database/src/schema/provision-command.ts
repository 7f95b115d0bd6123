/** `node provision-command.js`: creates the database, its schemas and roles; can be repeated. Exits with code 1 and one clear line on failure. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isDatabaseUnavailable, sqlState } from '../connect/errors.js';
import { provisionDatabase, schemas } from './provision.js';
import { readProvisionSettings } from './provision-settings.js';
import { describe } from './wait-for-schema.js';

const waitMilliseconds = 30_000;

try {
  const { admin, passwords, authentication } = readProvisionSettings(process.env);
  await provisionWhenReachable(admin, passwords, authentication);
  process.stdout.write(
    `provisioned ${schemas.join(', ')} in ${admin.database} at ${admin.host}:${admin.port}\n`,
  );
} catch (error) {
  process.stderr.write(`provisioning failed: ${describe(error)}\n`);
  process.exitCode = 1;
}

/** Waits for a server that starts or fails over; one that answers with an error would give the same answer again. */
async function provisionWhenReachable(...given: Parameters<typeof provisionDatabase>): Promise<void> {
  const deadline = performance.now() + waitMilliseconds;
  for (;;) {
    try {
      return await provisionDatabase(...given);
    } catch (error) {
      const mayPass = sqlState(error) === undefined || isDatabaseUnavailable(error);
      if (!mayPass || performance.now() > deadline) throw error;
      await sleep(500);
    }
  }
}
