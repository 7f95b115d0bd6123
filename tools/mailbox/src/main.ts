import { createApplication, openServer } from '@agora/http/serve';
import { runProcess } from '@agora/process';
import { readConfig } from './config.js';
import { openMessages } from './messages.js';
import { receiveMail } from './receive-mail.js';
import { showMessages } from './show-messages.js';

runProcess('mailbox', readConfig, async (config, { logger, started }) => {
  const messages = openMessages();
  const { HOST: host, PORT: port, SMTP_PORT: smtpPort } = config;
  started(await receiveMail({ host, port: smtpPort, logger }, messages.keep));
  const application = createApplication({ logger, middleware: [showMessages(messages)] });
  started(await openServer(application.callback(), { host, port, drainMilliseconds: 1_000 }));
});
