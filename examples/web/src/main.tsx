import { effect } from '@preact/signals';
import { render } from 'preact';
import { readMe, me } from './agora.js';
import { App } from './app.js';
import { follow } from './live.js';

const page = document.getElementById('page');
if (page) render(<App />, page);
let followed: number | undefined;
effect(() => {
  const id = me.value?.id;
  if (id !== followed) void follow();
  followed = id;
});
await readMe();
