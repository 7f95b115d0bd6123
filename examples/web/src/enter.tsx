import { AgoraError } from '@agora/client';
import { useState } from 'preact/hooks';
import { agora, answer, config, me, readMe } from './agora.js';
import { Field, Form } from './form.js';
import { go, tokenIn } from './router.js';
import { say } from './say.js';

const password = { type: 'password', name: 'password', label: 'Password', required: true } as const;
const email = {
  type: 'email',
  name: 'email',
  label: 'E-mail address',
  autocomplete: 'username',
  required: true,
} as const;

/** Address and password, and then the second factor of those who have one. */
export function LogIn() {
  const [needsCode, setNeedsCode] = useState(false);
  const logIn = async ({ email: address = '', password: secret = '', totp }: Record<string, string>) => {
    try {
      await agora.logIn(address, secret, totp || undefined);
    } catch (error) {
      if (!(error instanceof AgoraError) || error.code !== 'totp_required' || needsCode) throw error;
      return setNeedsCode(true);
    }
    await readMe();
    if (location.hash.startsWith('#/register')) go('/feed');
  };
  return (
    <section class="narrow">
      <h1>Log in</h1>
      <Form action="Log in" onSubmit={logIn} more={<a href="#/register">Register</a>}>
        <Field {...email} isFirst />
        <Field {...password} autocomplete="current-password" />
        {needsCode && (
          <Field
            name="totp"
            label="Code"
            hint="The six digits that your authenticator shows, or a recovery code."
            inputmode="numeric"
            autocomplete="one-time-code"
            required
            isFirst
          />
        )}
      </Form>
      <Forgotten />
    </section>
  );
}

function Forgotten() {
  const ask = async ({ email: address = '' }: Record<string, string>) => {
    await answer(agora.api.POST('/password-resets', { body: { email: address } }));
    say('If there is such an account, a mail is on its way.');
  };
  return (
    <details>
      <summary>Password forgotten?</summary>
      <Form action="Send a link" onSubmit={ask}>
        <Field {...email} id="forgotten" />
      </Form>
    </details>
  );
}

/** A new account, which is logged in at once. */
export function Register() {
  const register = async ({ name, ...rest }: Record<string, string>) => {
    const { email: address = '', password: secret = '' } = rest;
    const body = { email: address, password: secret, ...(name && { name }) };
    await answer(agora.api.POST('/users', { body }));
    await agora.logIn(address, secret);
    await readMe();
    go('/account');
    say('Welcome. A mail asks you to confirm your address.');
  };
  return (
    <section class="narrow">
      <h1>Register</h1>
      <Form action="Register" onSubmit={register} more={<a href="#/login">Log in</a>}>
        <Field {...email} hint="Nobody but you and admins see it." isFirst />
        <Field
          {...password}
          hint="8 characters or more, and none that everybody uses."
          autocomplete="new-password"
          minlength={8}
        />
        <Field
          name="name"
          label="Name (if you like)"
          hint="3 to 30 letters, digits and _."
          autocomplete="nickname"
          pattern="[A-Za-z0-9_]{3,30}"
        />
      </Form>
    </section>
  );
}

/** By the link of a mail, or by what is pasted of it. */
export function ConfirmEmail() {
  const given = tokenIn(location.hash, 'confirm-email');
  const confirm = async ({ token = '' }: Record<string, string>) => {
    await answer(
      agora.api.POST('/email-confirmations', { body: { token: tokenIn(token, 'confirm-email') } }),
    );
    if (me.value) await readMe();
    go(me.value ? '/account' : '/login');
    say('Your address is confirmed.');
  };
  return (
    <section class="narrow">
      <h1>Confirm your address</h1>
      <Form action="Confirm" onSubmit={confirm}>
        <Field
          name="token"
          label="The link that you were mailed"
          hint={`On this machine: ${config.mailbox}`}
          value={given.startsWith('#') ? '' : given}
          required
        />
      </Form>
    </section>
  );
}

/** Likewise, for a password that was forgotten. */
export function ResetPassword() {
  const token = tokenIn(location.hash, 'reset-password');
  const reset = async ({ password: secret = '' }: Record<string, string>) => {
    await answer(agora.api.PUT('/password-resets', { body: { token, new_password: secret } }));
    go('/login');
    say('Your password is changed, and all sessions have ended.');
  };
  return (
    <section class="narrow">
      <h1>A new password</h1>
      <Form action="Change it" onSubmit={reset}>
        <Field {...password} autocomplete="new-password" minlength={8} />
      </Form>
    </section>
  );
}
