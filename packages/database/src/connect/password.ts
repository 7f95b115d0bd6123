import type { Options } from 'sequelize';

export interface PasswordSettings {
  DATABASE_HOST: string;
  DATABASE_PORT: number;
  DATABASE_USER: string;
  /** The way to authenticate: `password` (the default), or `iam`: tokens that AWS signs. */
  DATABASE_AUTH?: 'password' | 'iam';
  DATABASE_PASSWORD?: string;
}

/** The password for pg or, with AWS IAM, a function that returns one for each new connection: a token is valid for 15 minutes. */
export const passwordOf = (settings: PasswordSettings): string | (() => Promise<string>) =>
  settings.DATABASE_AUTH === 'iam' ? signTokens(settings) : (settings.DATABASE_PASSWORD ?? '');

/** Signs with the credentials and the region that AWS gives to the process; the SDK is loaded only when needed. */
function signTokens({
  DATABASE_HOST: hostname,
  DATABASE_PORT: port,
  DATABASE_USER: username,
}: PasswordSettings): () => Promise<string> {
  const loading = import('@aws-sdk/rds-signer').then(
    ({ Signer }) => new Signer({ hostname, port, username }),
  );
  // The error reaches the caller that connects.
  loading.catch(() => undefined);
  return async () => (await loading).getAuthToken();
}

/** Sequelize's hook that does the same for its pool, which takes no function for a password. */
export function hooksFor(settings: PasswordSettings): Pick<Options, 'hooks'> {
  const password = passwordOf(settings);
  if (typeof password === 'string') return {};
  return {
    hooks: {
      beforeConnect: async (connection) => {
        connection.password = await password();
      },
    },
  };
}
