import { it } from '@jest/globals';
import { givenOrigin } from '@agora/testing';

/**
 * A test that looks behind the gateway, at processes, database or streams, or signs tokens itself: it needs an Agora that the
 * test started, and is skipped where `AGORA_ORIGIN` names one that somebody else runs.
 */
export const itInside = givenOrigin === undefined ? it : it.skip;
