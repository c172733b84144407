// The work of a webhook sender with undici's pool: render, sign four ways, POST. What webhooks_bench measures against.
// node undici.mjs <url> <deliveries> <connections> <secret>; undici stands in $BELFRY_PEERS/node_modules.
// Prints "<seconds> <CPU seconds>".
import { createHmac, randomUUID, createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { measure, words } from './common.mjs';

const { Pool } = createRequire(process.env.BELFRY_PEERS + '/')('undici');
const [url, deliveries, connections, secret] = process.argv.slice(2);
const { origin, pathname } = new URL(url);
const pool = new Pool(origin, { connections: Number(connections), pipelining: 1 });
const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret);

function body(i) {
  const number = String(i).padStart(7, '0');
  return JSON.stringify({
    $_type: 'NewMessagePushNotificationEvent',
    timestamp: 1700000000000,
    eventType: 'push_notification.new_message',
    accountId: 'default',
    recipient: { $_type: 'PersonData', id: `person-${number}-1`, accountId: 'default', personType: 'VISITOR' },
    locale: 'en-US',
    conversationId: `conversation-${number}`,
    deviceTokens: [],
    messageId: `message-${i}`,
    messageText: `message-${i}${words}`,
    messageSendTimestamp: 1700000000000,
    messageServerTimestamp: 1700000000000,
    senderPersonId: `person-${number}-0`,
    notificationCount: 1,
    recipientNotificationCount: 1,
  });
}

const hmac = (algorithm, secretKey, text, form) => createHmac(algorithm, secretKey).update(text).digest(form);

async function deliver(i) {
  const text = body(i);
  const id = createHash('sha256').update(`new_message/${i}`).digest('hex').slice(0, 32);
  const seconds = String(Math.floor(Date.now() / 1000));
  const answer = await pool.request({
    path: pathname,
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'undici',
      'x-unblu-event': 'push_notification.new_message',
      'x-unblu-event-id': id,
      'x-unblu-delivery': randomUUID(),
      'x-unblu-retry-no': '0',
      'x-unblu-signature': hmac('sha1', secret, text, 'hex'),
      'x-unblu-signature-256': hmac('sha256', secret, text, 'hex'),
      'webhook-id': id,
      'webhook-timestamp': seconds,
      'webhook-signature': 'v1,' + hmac('sha256', key, `${id}.${seconds}.${text}`, 'base64'),
    },
    body: text,
  });
  await answer.body.dump();
  if (answer.statusCode !== 200) throw new Error(`answered ${answer.statusCode}`);
}

await measure(Number(deliveries), Number(connections), deliver, 2000);
await pool.close();
