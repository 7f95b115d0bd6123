import { useEffect, useState } from 'preact/hooks';
import { agora, answer, config, me, readMe } from './agora.js';
import { Field, Form } from './form.js';
import { When } from './post-card.js';
import { say, sentenceOf } from './say.js';
import type { components } from '@agora/client';

type Session = components['schemas']['Session'];

/** Name, address, password, second factor, sessions, and the end of it all. */
export function Account() {
  const account = me.value;
  if (!account) return null;
  const rename = async ({ name = '' }: Record<string, string>) => {
    me.value = await answer(agora.api.PATCH('/users/me', { body: { name } }));
    say('You have a new name.');
  };
  return (
    <>
      <h1>{account.name}</h1>
      <section>
        <h2>Profile</h2>
        <p>
          {account.email} <Confirmed isConfirmed={account.email_verified} />
        </p>
        <Form action="Change the name" onSubmit={rename}>
          <Field name="name" label="Name" value={account.name} pattern="[A-Za-z0-9_]{3,30}" required />
        </Form>
      </section>
      <SecondFactor isOn={account.totp} />
      <Sessions />
      <section>
        <h2>Delete the account</h2>
        <p>Your posts and votes go with it, for good.</p>
        <button type="button" class="danger" onClick={() => void remove()}>
          Delete {account.name}
        </button>
      </section>
    </>
  );
}

async function remove() {
  if (!confirm('Delete your account, your posts and your votes, for good?')) return;
  await answer(agora.api.DELETE('/users/me')).then(
    () => agora.logOut(),
    (error: unknown) => say(sentenceOf(error)),
  );
}

function Confirmed({ isConfirmed }: { isConfirmed: boolean }) {
  const resend = () =>
    answer(agora.api.POST('/users/me/email/confirmation')).then(
      () => say('A mail is on its way.'),
      (error: unknown) => say(sentenceOf(error)),
    );
  if (isConfirmed) return <strong class="badge good">confirmed</strong>;
  return (
    <>
      <strong class="badge warn">not confirmed</strong> <a href="#/confirm-email">Enter the link</a> that you
      were <a href={config.mailbox}>mailed</a>, or{' '}
      <button type="button" class="quiet" onClick={resend}>
        send it again
      </button>
    </>
  );
}

/** Prepared with the password, on with a first code; the recovery codes are shown once. */
function SecondFactor({ isOn }: { isOn: boolean }) {
  const [prepared, setPrepared] = useState<{ secret: string; uri: string }>();
  const [codes, setCodes] = useState<string[]>();
  const prepare = async ({ password = '' }: Record<string, string>) => {
    if (!isOn)
      return setPrepared(
        await answer(agora.api.POST('/users/me/totp', { body: { current_password: password } })),
      );
    await answer(agora.api.POST('/users/me/totp/removal', { body: { current_password: password } }));
    setCodes(undefined);
    await readMe();
    say('The second factor is off.');
  };
  const turnOn = async ({ code = '' }: Record<string, string>) => {
    const { recovery_codes: made } = await answer(agora.api.PUT('/users/me/totp', { body: { code } }));
    setCodes(made);
    setPrepared(undefined);
    await readMe();
  };
  return (
    <section>
      <h2>
        Second factor <strong class={isOn ? 'badge good' : 'badge'}>{isOn ? 'on' : 'off'}</strong>
      </h2>
      {codes && (
        <div class="problem" role="alert">
          <p>
            Keep these codes in a safe place: each logs you in once without your authenticator. They are not
            shown again.
          </p>
          <pre>{codes.join('\n')}</pre>
        </div>
      )}
      {prepared ? (
        <Form action="Turn it on" onSubmit={turnOn}>
          <p>
            Add this to your authenticator: <a href={prepared.uri}>open it</a>, or type in{' '}
            <code>{prepared.secret}</code>
          </p>
          <Field
            name="code"
            label="The code that it shows"
            inputmode="numeric"
            autocomplete="one-time-code"
            required
            isFirst
          />
        </Form>
      ) : (
        <Form action={isOn ? 'Turn it off' : 'Set it up'} onSubmit={prepare}>
          <Field
            name="password"
            id="totp-password"
            label="Your password"
            type="password"
            autocomplete="current-password"
            required
          />
        </Form>
      )}
    </section>
  );
}

function Sessions() {
  const [sessions, setSessions] = useState<Session[]>([]);
  const read = () =>
    answer(agora.api.GET('/sessions')).then(setSessions, (error: unknown) => say(sentenceOf(error)));
  useEffect(() => void read(), []);
  const end = async (id: string) => {
    await answer(agora.api.DELETE('/sessions/{id}', { params: { path: { id } } })).catch((error: unknown) =>
      say(sentenceOf(error)),
    );
    await read();
  };
  return (
    <section>
      <h2>Sessions</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">Where</th>
            <th scope="col">Last used</th>
            <th scope="col">
              <span class="unseen">End it</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {sessions.map((session) => (
            <tr key={session.id}>
              <td>
                {browserOf(session.user_agent ?? '')} <span class="quiet">{session.ip}</span>
              </td>
              <td>
                <When time={session.last_used_at} />
              </td>
              <td>
                {session.current ? (
                  'this one'
                ) : (
                  <button type="button" class="quiet" onClick={() => void end(session.id)}>
                    End
                  </button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const browserOf = (agent: string): string =>
  /(Firefox|Edg|Chrome|Safari|curl|node)/i.exec(agent)?.[1]?.replace('Edg', 'Edge') ?? agent.slice(0, 40);
