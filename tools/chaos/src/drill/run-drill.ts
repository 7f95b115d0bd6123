import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { reconcile, services, type ServiceName } from '@agora/local-stack';
import { collectFindings, type Findings } from '../findings.js';
import { checkEvents } from '../invariants/check-events.js';
import { checkInvariants } from '../invariants/check.js';
import { checkProjections } from '../invariants/check-projections.js';
import { checkStuck } from '../invariants/check-stuck.js';
import { settle } from '../invariants/settle.js';
import { startLoad } from '../load/start-load.js';
import { createWorld, type World } from '../load/world.js';
import { openScene } from '../open-scene.js';
import { startSystem } from '../system/system.js';
import type { SystemOptions } from '../system/options.js';
import { backUpUnderLoad, restoring, secretsOf, type Loss } from './back-up-under-load.js';
import { checkGone, checkIds, logInAgain } from './check-restored.js';

/** How long the reconciled system is used. */
const againSeconds = 6;

type Common = Omit<SystemOptions, 'prepare' | 'secrets' | 'mutation' | 'received'> & { seed: number };
type Stage = Awaited<ReturnType<typeof openStage>>;

/**
 * Takes a backup under load, destroys the system and restores it elsewhere; then restores an older state of one service's schema alone and
 * reconciles the others. What was acknowledged before the backup must be there, what came after gone everywhere alike, and every invariant hold.
 */
export async function runDrill(options: Common): Promise<Findings> {
  const { seed, folder, announce } = options;
  const findings = collectFindings(announce);
  const open = (world: World, more: Partial<SystemOptions> = {}) =>
    openStage({ ...options, ...more }, world, findings);
  let stage: Stage | undefined;
  try {
    announce('A system under load, which is backed up and destroyed …');
    stage = await open(createWorld());
    const whole = await backUpUnderLoad(stage.scene, seed, join(folder, 'backup-1'));
    const { received } = stage.scene.system.mail;
    await stage.close();
    for (const each of ['postgres', 'nats']) rmSync(join(folder, each), { recursive: true });

    announce(`Restoring ${whole.known.accounts.length} accounts and ${whole.known.posts.length} posts …`);
    const restored = { secrets: secretsOf(whole), prepare: restoring(whole, services), received };
    stage = await open(whole.known, restored);
    await checkWhole(stage, whole, options);
    announce('More load, and another backup …');
    const partial = await backUpUnderLoad(stage.scene, seed + 1, join(folder, 'backup-2'));
    await stage.close();

    const service = services[seed % services.length] as ServiceName;
    announce(`Restoring the schema of ${service} alone …`);
    const alone = { secrets: restored.secrets, prepare: restoring(partial, [service]) };
    stage = await open({ ...createWorld(), titles: partial.lost.titles }, alone);
    await checkAlone(stage, partial, options);
    return findings;
  } finally {
    await stage?.close();
  }
}

async function openStage(options: SystemOptions & { seed: number }, world: World, findings: Findings) {
  const system = await startSystem(options);
  const { close, ...scene } = openScene(system, options, findings);
  return {
    // A mail that was in the queue at the backup is sent again.
    scene: { ...scene, world, outages: { ...scene.outages, wereBroken: () => true } },
    async close() {
      scene.outages.stop();
      close();
      await system.stop();
    },
  };
}

async function checkWhole(
  { scene }: Stage,
  { lost, known }: Loss,
  { announce, signal }: Common,
): Promise<void> {
  const { system, findings } = scene;
  await settle(scene);
  const dry = { isDry: true, yes: true, signal, print: announce };
  if ((await reconcile(system.stack, dry)) !== 0)
    findings.broken('I19', 'the audits find drift in what was restored to one moment');
  await checkGone(lost, known, scene);
  await checkInvariants(scene);
  await logInAgain(scene);
  await checkIds(lost, scene);
}

async function checkAlone(
  { scene }: Stage,
  { lost }: Loss,
  { seed, announce, signal }: Common,
): Promise<void> {
  const { system, findings } = scene;
  await settle(scene);
  const options = { isDry: false, yes: true, signal, print: announce };
  await reconcile(system.stack, options);
  await settle(scene);
  if ((await reconcile(system.stack, { ...options, isDry: true })) !== 0)
    findings.broken('I19', 'the audits find drift in what was reconciled');
  await checkProjections(scene);
  await checkEvents(scene);
  await checkStuck(scene);
  await checkIds(lost, scene);
  const load = await startLoad(scene, seed + 2);
  try {
    await sleep(againSeconds * 1_000, undefined, { signal });
  } finally {
    await load.stop();
  }
  await settle(scene);
  await checkInvariants(scene);
}
