// The same mails with the usual library for mail and its pool. node email.mjs <port> <mails> <at a time> <connections>;
// nodemailer stands in $BELFRY_PEERS/node_modules.
import { createRequire } from 'node:module';
import { measure, words } from './common.mjs';

const nodemailer = createRequire(process.env.BELFRY_PEERS + '/')('nodemailer');
const [port, mails, atATime, connections] = process.argv.slice(2);
const pool = nodemailer.createTransport({
  host: '127.0.0.1', port: Number(port), secure: false, ignoreTLS: true,
  pool: true, maxConnections: Number(connections), maxMessages: 200,
});

await measure(Number(mails), Number(atATime), async (i) => {
  const text = `message-${i}${words}`;
  const thread = `<conversation-${i}@bank.example>`;
  const r = await pool.sendMail({
    from: 'Bank <chat@bank.example>',
    to: `person-${i}@example.com`,
    subject: 'New message from person',
    text: `Hello\n\nperson wrote:\n\n${text}\n\nOpen the conversation: https://bank.example/c/conversation-${i}\n`,
    html: `<p>Hello</p>\n<p>person wrote:</p>\n<blockquote>${text}</blockquote>\n`
      + `<p><a href="https://bank.example/c/conversation-${i}">Open the conversation</a></p>\n`,
    messageId: `<message-${i}@bank.example>`,
    inReplyTo: thread,
    references: thread,
    headers: {
      'List-Id': '<conversations.bank.example>',
      'Auto-Submitted': 'auto-generated',
      'List-Unsubscribe': `<https://bank.example/v1/unsubscribe/${String(i).padStart(60, 'a')}>`,
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    },
  });
  if (r.accepted.length !== 1) throw new Error(r.response);
});
pool.close();
process.exit(0);
