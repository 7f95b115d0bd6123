/** A client that asks for pages without end, 20 at a time: a process of its own, so that its work is not taken for anybody's wait. */
import { Agent, get } from 'node:http';

const [origin, token] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true });
const headers = { Authorization: `Bearer ${token}`, 'Accept-Encoding': 'identity' };

const askOn = (limit) => {
  const again = () => setTimeout(askOn, 1, limit);
  get(`${origin}/feed?limit=${limit}`, { agent, headers }, (answer) => {
    answer.on('close', again).resume();
    process.stdout.write('.');
  }).on('error', again);
};
// The longest, and shorter ones of which more than one may be in work.
for (const limit of [100, 100, 40, 10]) for (let each = 0; each < 5; each += 1) askOn(limit);
