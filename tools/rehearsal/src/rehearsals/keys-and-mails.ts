import { same, type Rehearsal } from '../rehearsal.js';
import type { System } from '../system.js';

const keys = (system: System) =>
  system.sql<{ kid: string }>(
    'SELECT kid FROM auth.signing_keys WHERE retired_at IS NULL ORDER BY created_at',
  );

export const rotateSigningKeys: Rehearsal = {
  commands: {
    'npm run keys -- rotate': {
      says: /is the next key/,
      then: async (system) => same((await keys(system)).length, 2),
    },
    'docker compose run --rm auth services/auth/dist/operate.js keys rotate': { form: true },
    'kubectl create job --namespace agora --from=cronjob/rotate-keys rotate-keys-now': { form: true },
    'npm run keys -- retire <kid>': {
      with: async (system) => ({ '<kid>': (await keys(system))[0]?.kid ?? '' }),
      asks: true,
      says: /signs from now on/,
      async then(system) {
        same((await keys(system)).length, 1);
        // The next key signs at every process by then.
        await system.person();
      },
    },
    'openssl ecparam -name prime256v1 -genkey -noout -out new.pem': {
      with: () => ({ 'new.pem': '/dev/null' }),
    },
  },
};

export const signingKeyExpiring: Rehearsal = {
  commands: {
    'npm run keys -- list': { says: /active/ },
    'npm run keys -- rotate': { says: /is the next key/ },
  },
};

const giveUp = async (system: System, count: number) => {
  const { id, email } = await system.person();
  await system.sql(
    `INSERT INTO auth.mails (kind, user_id, email, failed_at, last_error)
     SELECT 'email-changed', $1, $2, now(), 'EENVELOPE 550' FROM generate_series(1, $3)`,
    [id, email, count],
  );
};
const failed = (system: System) =>
  system.sql<{ id: string }>('SELECT id FROM auth.mails WHERE failed_at IS NOT NULL');

export const mailsFailed: Rehearsal = {
  situation: (system) => giveUp(system, 2),
  commands: {
    'npm run mails -- list': { says: /EENVELOPE 550/ },
    'npm run mails -- discard <id>': {
      with: async (system) => ({ '<id>': (await failed(system))[0]?.id ?? '' }),
      asks: true,
      then: async (system) => same((await failed(system)).length, 1),
    },
    'npm run mails -- retry --all': {
      asks: true,
      then: async (system) => same(await failed(system), []),
    },
  },
};

export const mailsWaiting: Rehearsal = {
  situation: (system) => giveUp(system, 1),
  commands: { 'npm run mails -- list': { says: /EENVELOPE 550/ } },
};
