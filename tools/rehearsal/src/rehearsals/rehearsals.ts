import type { Rehearsal } from '../rehearsal.js';
import { auditDrift, backupAndRestore } from './data.js';
import {
  consumerLagging,
  deadLettersPresent,
  erasureStalled,
  messagesMissed,
  outboxStalled,
  streamNearlyFull,
} from './events.js';
import { mailsFailed, mailsWaiting, rotateSigningKeys, signingKeyExpiring } from './keys-and-mails.js';

/** A page without commands. */
const nothingToType: Rehearsal = { commands: {} };
const run = {};
const form = { form: true } as const;
const release = { except: 'needs a cluster; deploy/k8s/test/release.test.ts tries it' };
const showStreams = { except: '`npm run streams` runs it' };

/** How each page is rehearsed, by its name below `docs`. */
export const rehearsals: Readonly<Record<string, Rehearsal>> = {
  'backup-and-restore.md': backupAndRestore,
  'runbooks/audit-drift.md': auditDrift,
  'runbooks/audit-overdue.md': {
    commands: {
      'kubectl get cronjob --namespace agora': form,
      'kubectl get jobs --namespace agora': form,
      'node deploy/k8s/release.mjs audit': release,
    },
  },
  'runbooks/certificate-expiring.md': {
    commands: {
      'kubectl describe certificate --namespace agora nats-tls': form,
      'kubectl rollout restart --namespace agora statefulset/nats': form,
    },
  },
  'runbooks/clock-skew.md': {
    commands: {
      'chronyc tracking': { except: 'asks the clock of the machine, which is not ours' },
      'chronyc makestep': { except: 'sets the clock of the machine, and is advised against' },
    },
  },
  'runbooks/consumer-lagging.md': consumerLagging,
  'runbooks/database-pool-exhausted.md': {
    commands: {
      "SELECT usename, state, wait_event_type, count(*), max(now() - xact_start) FROM pg_stat_activity WHERE usename LIKE '%\\_app' GROUP BY 1, 2, 3":
        { says: /_app/ },
    },
  },
  'runbooks/dead-letters-present.md': deadLettersPresent,
  'runbooks/erasure-stalled.md': erasureStalled,
  'runbooks/error-budget-burning.md': {
    commands: { 'kubectl rollout undo --namespace agora deployment/votes': form },
  },
  'runbooks/event-loop-blocked.md': nothingToType,
  'runbooks/high-error-rate.md': nothingToType,
  'runbooks/ids-running-out.md': {
    commands: {
      "SELECT last_value, max_value FROM pg_sequences WHERE schemaname = 'posts'": { says: /2147483647/ },
      'ALTER SEQUENCE … AS bigint': { except: 'the last step of a change of the contract' },
    },
  },
  'runbooks/job-failed.md': {
    commands: {
      'kubectl get pods --namespace agora': form,
      'kubectl logs --namespace agora job/<job_name>': form,
      'node deploy/k8s/release.mjs': release,
    },
  },
  'runbooks/login-failures-high.md': {
    commands: { 'DELETE FROM auth.sessions': { except: 'what the page says not to do' } },
  },
  'runbooks/mails-failed.md': mailsFailed,
  'runbooks/mails-waiting.md': mailsWaiting,
  'runbooks/messages-missed.md': messagesMissed,
  'runbooks/nats-node-missing.md': {
    commands: {
      'kubectl get pods --namespace agora': form,
      'kubectl describe pod --namespace agora nats-0': form,
      'kubectl logs --namespace agora nats-0': form,
      'kubectl delete pvc --namespace agora data-nats-0': form,
      'kubectl delete pod --namespace agora nats-0': form,
    },
  },
  'runbooks/outbox-stalled.md': outboxStalled,
  'runbooks/revocation-lag-high.md': {
    commands: { 'npm run outbox -- status --service auth': { says: /auth: 0 unpublished/ } },
  },
  'runbooks/revocations-unknown.md': {
    commands: {
      'curl http://auth:9001/readyz': {
        with: (system) => ({ 'http://auth:9001': system.internal('auth') }),
        says: /ready|ok|true/,
      },
    },
  },
  'runbooks/rotate-signing-keys.md': rotateSigningKeys,
  'runbooks/run-commands.md': {
    commands: {
      'npm run audit -- --repair': run,
      'npm run dead-letters -- list': run,
      'docker compose run --rm votes services/votes/dist/operate.js audit': form,
      'kubectl create job --namespace agora --from=cronjob/audit-votes audit-votes-now': form,
      'kubectl create job … --from=cronjob/audit-votes --dry-run=client -o yaml': form,
    },
  },
  'runbooks/service-not-ready.md': {
    commands: {
      'kubectl get pods': form,
      'kubectl logs --previous <pod>': form,
      'SELECT pg_is_in_recovery()': { says: /false/ },
      'npm run migrate -- status': run,
    },
  },
  'runbooks/signing-key-expiring.md': signingKeyExpiring,
  'runbooks/slow-requests.md': {
    commands: {
      "SELECT usename, wait_event_type, wait_event, now() - query_start AS since, query FROM pg_stat_activity WHERE state <> 'idle' ORDER BY since DESC":
        run,
    },
  },
  'runbooks/stream-nearly-full.md': streamNearlyFull,
  'runbooks/stream-without-leader.md': {
    commands: {
      'npm run streams -- status': { says: /VOTES/ },
      'node deploy/docker/show-streams.mjs status': showStreams,
      'kubectl rollout restart --namespace agora statefulset/nats': form,
      'npm run outbox -- status': { says: /votes: 0 unpublished/ },
    },
  },
  'runbooks/volume-filling.md': {
    commands: {
      'npm run streams -- status': { says: /VOTES/ },
      'node deploy/docker/show-streams.mjs status': showStreams,
      'kubectl edit pvc --namespace agora data-nats-0': form,
      'kubectl delete statefulset --namespace agora nats --cascade=orphan': form,
    },
  },
};
