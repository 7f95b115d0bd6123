import type { components } from '@agora/client';
import { useEffect, useState } from 'preact/hooks';
import { agora, answer } from './agora.js';
import { When } from './post-card.js';
import { say, sentenceOf } from './say.js';

type Report = components['schemas']['Report'];
type Act = components['schemas']['ModerationLogEntry'];

/** What users have reported, and what moderators have done. */
export function Moderation() {
  const [reports, setReports] = useState<Report[]>();
  const [log, setLog] = useState<Act[]>();
  const complain = (error: unknown) => say(sentenceOf(error));
  const read = async () => {
    await answer(agora.api.GET('/moderation/reports', { params: { query: { limit: 50 } } })).then(
      setReports,
      complain,
    );
    await answer(agora.api.GET('/moderation/log', { params: { query: { limit: 50 } } })).then(
      setLog,
      complain,
    );
  };
  useEffect(() => void read(), []);
  const settle = async (id: number) => {
    await answer(agora.api.DELETE('/moderation/reports/{id}', { params: { path: { id } } })).catch(complain);
    await read();
  };
  return (
    <>
      <h1>Moderation</h1>
      <section>
        <h2>Reports</h2>
        {reports?.length === 0 && <p class="quiet">Nobody has complained.</p>}
        <ul class="reports">
          {reports?.map((report) => (
            <li key={report.id} class="card">
              <div>
                <p>
                  <a href={`#/posts/${report.post_id}`}>Post {report.post_id}</a>: {report.reason}
                </p>
                <p class="byline">
                  user {report.reporter_id} · <When time={report.created_at} />
                </p>
              </div>
              <button type="button" class="quiet" onClick={() => void settle(report.id)}>
                Nothing wrong
              </button>
            </li>
          ))}
        </ul>
      </section>
      <section>
        <h2>Log</h2>
        <table>
          <thead>
            <tr>
              {['When', 'Who', 'Did', 'To', 'Why'].map((head) => (
                <th key={head} scope="col">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {log?.map((act) => (
              <tr key={act.id}>
                <td>
                  <When time={act.created_at} />
                </td>
                <td>{act.actor_id === null ? 'operator' : `user ${act.actor_id}`}</td>
                <td>{act.action}</td>
                <td>
                  {act.post_id ? (
                    <a href={`#/posts/${act.post_id}`}>post {act.post_id}</a>
                  ) : (
                    `user ${act.user_id}`
                  )}
                </td>
                <td>{act.reason}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}
