import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SettingsError } from '@agora/process';
import Mustache from 'mustache';
import { mailKinds, type MailKind } from './kinds.js';

/** What a recipient reads. */
interface MailText {
  subject: string;
  text: string;
  html: string;
}

/** Fills the templates of a kind of mail. */
export type RenderMail = (kind: MailKind, values: Record<string, string>) => MailText;

const builtIn = fileURLToPath(new URL('../../templates', import.meta.url));

/**
 * Reads all templates, Mustache's, from the operator's folder or, what is not there, from ours: `text/<kind>.txt`, which begins with
 * `Subject: `, and `html/<kind>.html`. Throws a SettingsError when one cannot be used.
 */
export function readTemplates(folder: string | undefined): RenderMail {
  if (folder !== undefined && !existsSync(folder))
    throw new SettingsError(`MAIL_TEMPLATES names a folder that does not exist: ${folder}`);
  const templates = new Map(mailKinds.map((kind) => [kind, readTemplate(kind, folder)]));
  return (kind, values) => {
    const { subject, text, html } = templates.get(kind) ?? readTemplate(kind, folder);
    return {
      subject: Mustache.render(subject, values, {}, plain),
      text: Mustache.render(text, values, {}, plain),
      html: Mustache.render(html, values),
    };
  };
}

/** In text nothing is to be escaped. */
const plain = { escape: (value: unknown) => String(value) };

function readTemplate(kind: MailKind, folder: string | undefined): MailText {
  const text = readFile(folder, 'text', `${kind}.txt`);
  const [, subject, body] = /^Subject: (.+)\r?\n\r?\n([\s\S]+)$/.exec(text) ?? [];
  if (subject === undefined || body === undefined)
    throw new SettingsError(`the template text/${kind}.txt must begin with "Subject: …" and an empty line`);
  return { subject, text: body, html: readFile(folder, 'html', `${kind}.html`) };
}

function readFile(folder: string | undefined, room: string, name: string): string {
  const own = folder === undefined ? undefined : join(folder, room, name);
  const template = readFileSync(
    own !== undefined && existsSync(own) ? own : join(builtIn, room, name),
    'utf8',
  );
  try {
    Mustache.parse(template);
  } catch {
    throw new SettingsError(`the template ${room}/${name} is no valid Mustache`);
  }
  return template;
}
