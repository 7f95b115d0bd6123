import { Op, type Transaction } from 'sequelize';
import { deleteRecoveryCodes, makeRecoveryCodes, useRecoveryCode } from '../models/recovery-code.js';
import { User } from '../models/user.js';
import { openSeal } from './seal.js';
import { makeTotp, stepOf } from './totp.js';

/** Second factors by time-based codes (RFC 6238) and recovery codes. */
export interface SecondFactors {
  /** Makes a secret, which counts only once it is confirmed; undefined when the factor is on already. */
  prepare(user: User): Promise<{ secret: string; uri: string } | undefined>;
  /** Turns the factor on and returns its recovery codes, this once; undefined when the code is not of the secret that was prepared. */
  enable(user: User, code: string, transaction: Transaction): Promise<string[] | undefined>;
  /** Turns the factor off; false when it was. */
  disable(userId: number, transaction: Transaction): Promise<boolean>;
  /** Uses a code or recovery code up; false when it is none of the account's, or was used before. */
  accept(user: User, given: string): Promise<boolean>;
}

/** Keeps the secrets encrypted. */
export function openSecondFactors({
  SIGNING_KEY_SECRET: secret,
}: {
  SIGNING_KEY_SECRET: string;
}): SecondFactors {
  const seal = openSeal(secret, 'second factors');
  const stepIn = ({ totpSecret, accountKey }: User, code: string) =>
    totpSecret === null ? undefined : stepOf(seal.open(totpSecret, accountKey), code);
  return {
    async prepare(user) {
      const made = makeTotp(user.email);
      const totpSecret = seal.close(made.secret, user.accountKey);
      const where = { id: user.id, totpEnabledAt: null };
      const [changed] = await User.update({ totpSecret }, { where });
      return changed === 0 ? undefined : made;
    },
    async enable(user, code, transaction) {
      const step = stepIn(user, spaceless(code));
      if (step === undefined) return undefined;
      await user.update({ totpEnabledAt: new Date(), totpUsedSteps: [step] }, { transaction });
      return makeRecoveryCodes(user.id, transaction);
    },
    async disable(userId, transaction) {
      const off = { totpSecret: null, totpEnabledAt: null, totpUsedSteps: [] };
      const where = { id: userId, totpEnabledAt: { [Op.ne]: null } };
      const [changed] = await User.update(off, { where, transaction });
      await deleteRecoveryCodes(userId, transaction);
      return changed > 0;
    },
    async accept(user, given) {
      const code = spaceless(given);
      if (!/^[0-9]{6}$/.test(code)) return useRecoveryCode(user.id, code);
      const step = stepIn(user, code);
      return (
        step !== undefined && user.totpSecret !== null && User.useTotpStep(user.id, step, user.totpSecret)
      );
    },
  };
}

const spaceless = (code: string) => code.replaceAll(/\s/g, '');
