import { TestEnvironment } from 'jest-environment-node';
import * as testing from '@agora/testing';

/** Hands the test files of a worker one `@agora/testing`, loaded once: Jest itself would load it, and everything it imports, again for each file. */
export default class extends TestEnvironment {
  constructor(...given) {
    super(...given);
    this.global.agoraTesting = testing;
  }

  /** By the first test a file that shares processes has taken them over; no other is to run beside them. */
  async handleTestEvent({ name }) {
    if (name === 'test_start') await testing.endIdleAgora();
  }

  async teardown() {
    await testing.releaseAgora();
    await super.teardown();
  }
}
