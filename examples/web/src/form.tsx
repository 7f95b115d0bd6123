import { AgoraError } from '@agora/client';
import type { ComponentChildren, JSX, TargetedEvent } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { sentenceOf } from './say.js';

interface FormProps {
  action: string;
  /** Throws what Agora refuses; the form shows it at its fields. */
  onSubmit(values: Record<string, string>): Promise<void>;
  children: ComponentChildren;
  /** Beside the button. */
  more?: ComponentChildren;
}

/** A form that waits for its answer, says what is wrong where it is wrong, and keeps what was written. */
export function Form({ action, onSubmit, children, more }: FormProps) {
  const [problem, setProblem] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const alert = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!problem) return;
    const errors = problem instanceof AgoraError ? problem.errors : [];
    for (const element of [...(form.current?.elements ?? [])] as HTMLInputElement[])
      if (element.name)
        element.setAttribute('aria-invalid', String(errors.some(({ field }) => field === element.name)));
    alert.current?.focus();
  }, [problem]);
  const submit = async (event: TargetedEvent<HTMLFormElement, Event>) => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(event.currentTarget)) as Record<string, string>;
    setBusy(true);
    setProblem(undefined);
    await onSubmit(values).catch(setProblem);
    setBusy(false);
  };
  return (
    <form ref={form} onSubmit={submit} aria-busy={isBusy}>
      {problem !== undefined && (
        <div class="problem" role="alert" tabIndex={-1} ref={alert}>
          <p>{sentenceOf(problem)}</p>
          {problem instanceof AgoraError && problem.errors.length > 0 && (
            <ul>
              {problem.errors.map(({ field, message }) => (
                <li key={field}>{message}</li>
              ))}
            </ul>
          )}
        </div>
      )}
      {children}
      <p class="actions">
        <button disabled={isBusy}>{isBusy ? 'One moment …' : action}</button>
        {more}
      </p>
    </form>
  );
}

interface FieldProps {
  name: string;
  label: string;
  hint?: string;
  id?: string;
  type?: 'text' | 'email' | 'password';
  value?: string;
  required?: boolean;
  /** Takes the focus when it appears. */
  isFirst?: boolean;
  autocomplete?: string;
  inputmode?: 'numeric';
  pattern?: string;
  minlength?: number;
  maxlength?: number;
}

/** A labelled input. */
export function Field({ name, label, hint, id = name, value, isFirst = false, ...rest }: FieldProps) {
  const element = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (isFirst) element.current?.focus();
  }, [isFirst]);
  // Preact's types want to know the one kind of input that it is.
  const input = rest as JSX.IntrinsicElements['input'];
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        ref={element}
        id={id}
        name={name}
        aria-describedby={hint && `${id}-hint`}
        defaultValue={value}
        {...input}
      />
      {hint && <small id={`${id}-hint`}>{hint}</small>}
    </div>
  );
}
