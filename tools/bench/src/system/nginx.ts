import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { likelyFreePort } from '@agora/testing';
import type { Bench } from '../bench.js';
import { startRunning, type Running } from './running.js';

/** Starts nginx as a plain proxy before `upstream`, an origin; undefined where it is not installed. */
export async function startNginx(
  { folder, logs, signal, stops }: Bench,
  upstream: string,
): Promise<Running | undefined> {
  const file = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
    .map((each) => join(each, 'nginx'))
    .find((each) => existsSync(each));
  if (file === undefined) return undefined;
  const port = await likelyFreePort();
  const home = join(folder, 'nginx');
  mkdirSync(home, { recursive: true });
  const path = join(home, 'nginx.conf');
  writeFileSync(path, configuration(port, upstream, home));
  const logFile = join(logs, 'nginx.log');
  return startRunning(
    {
      name: 'nginx',
      file,
      args: ['-p', home, '-c', path, '-e', join(home, 'error.log')],
      env: { PATH: process.env.PATH },
      port,
      logFile,
      readyAt: `http://127.0.0.1:${port}/nginx`,
      signal,
    },
    stops,
  );
}

const configuration = (port: number, upstream: string, home: string) => `
daemon off;
worker_processes auto;
pid ${home}/nginx.pid;
events { worker_connections 1024; }
http {
  access_log ${home}/access.log;
  client_body_temp_path ${home}/body;
  proxy_temp_path ${home}/proxy;
  fastcgi_temp_path ${home}/fastcgi;
  uwsgi_temp_path ${home}/uwsgi;
  scgi_temp_path ${home}/scgi;
  keepalive_requests 1000000;
  upstream posts { server ${new URL(upstream).host}; keepalive 64; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${port};
    location = /nginx { return 200; }
    location / {
      proxy_pass http://posts;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }
}
`;
