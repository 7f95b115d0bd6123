import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './files.mjs';
import { askedToStop, leaveAs } from './processes.mjs';

/** Waits until no other command installs or builds here; answers the function that lets the next one in. */
export async function takeTurn() {
  const lock = join(root, '.data', 'setup.lock');
  mkdirSync(dirname(lock), { recursive: true, mode: 0o700 });
  let announced = false;
  while (!take(lock)) {
    if (isAbandoned(lock)) removeAbandoned(lock);
    else if (!announced)
      process.stderr.write('Waiting for another command that is installing or building …\n');
    announced = true;
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (askedToStop()) leaveAs({ signal: askedToStop() });
  }
  const release = () => rmSync(lock, { recursive: true, force: true });
  process.once('exit', release);
  return () => {
    process.off('exit', release);
    release();
  };
}

function take(lock) {
  try {
    mkdirSync(lock);
    writeFileSync(join(lock, 'pid'), String(process.pid));
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  }
}

function isAbandoned(lock) {
  try {
    process.kill(Number(readFileSync(join(lock, 'pid'), 'utf8')), 0);
    return false;
  } catch (error) {
    if (error.code === 'ESRCH') return true;
    // Between the folder and the number in it lies an instant, in which the holder may have been killed.
    return error.code !== 'EPERM' && existsSync(lock) && Date.now() - statSync(lock).mtimeMs > 5000;
  }
}

// Renaming first, because another command may have removed it and taken the lock in the meantime.
function removeAbandoned(lock) {
  const aside = `${lock}.${process.pid}`;
  try {
    renameSync(lock, aside);
    if (isAbandoned(aside)) rmSync(aside, { recursive: true, force: true });
    else renameSync(aside, lock);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}
