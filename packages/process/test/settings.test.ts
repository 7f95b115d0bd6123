import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import Joi from 'joi';
import { rate, readSettings, SettingsError, strongSecret } from '@agora/process';

const schema = { PORT: Joi.number().port().required(), SECRET_KEY: strongSecret.required() };
const secret = '0123456789abcdef0123456789abcdef';

describe('readSettings', () => {
  it('reads and converts', () => {
    expect(readSettings({ PORT: '8000', SECRET_KEY: secret, OTHER: 'x' }, schema)).toEqual({
      PORT: 8000,
      SECRET_KEY: secret,
    });
  });

  it('reads a setting from the file that X_FILE names', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'agora-settings-'));
    await writeFile(join(folder, 'secret'), `${secret}\n`);
    const settings = readSettings({ PORT: '1', SECRET_KEY_FILE: join(folder, 'secret') }, schema);
    await rm(folder, { recursive: true });
    expect(settings).toMatchObject({ SECRET_KEY: secret });
  });

  it('lists every error, without values', () => {
    const read = () => readSettings({ PORT: 'eighty', SECRET_KEY: 'tooshort' }, schema);
    expect(read).toThrow(SettingsError);
    expect(read).toThrow(/PORT.*; SECRET_KEY must have at least 32 characters/);
    expect(read).not.toThrow(/tooshort/);
  });

  it.each(['your-secret-key-your-secret-key-1234', 'changeme-changeme-changeme-changeme'])(
    'refuses the sample secret %s',
    (sample) => {
      expect(() => readSettings({ PORT: '1', SECRET_KEY: sample }, schema)).toThrow(/looks like a sample/);
    },
  );

  it('refuses a setting that is given in both ways, and a missing file', () => {
    expect(() => readSettings({ PORT: '1', PORT_FILE: '/x', SECRET_KEY: secret }, schema)).toThrow(
      /both set/,
    );
    expect(() => readSettings({ PORT_FILE: '/no/such/file', SECRET_KEY: secret }, schema)).toThrow(
      /PORT_FILE names a file/,
    );
  });
});

describe('a rate', () => {
  const read = (LIMIT?: string) => readSettings({ LIMIT }, { LIMIT: rate({ limit: 10, seconds: 60 }) });

  it('is how many in how many seconds', () => {
    expect(read('300/900')).toEqual({ LIMIT: { limit: 300, seconds: 900 } });
    expect(read()).toEqual({ LIMIT: { limit: 10, seconds: 60 } });
  });

  it.each(['300', '0/60', '10/0', '10/86401', '-1/60', '1e3/60', '10/60s'])('is not %s', (bad) => {
    expect(() => read(bad)).toThrow(/LIMIT must be like 300\/60/);
  });
});
