// The same pushes with the usual library for web push. node web_push.mjs <origin> <deliveries> <at a time>
// <folder with keys> <p256dh> <auth> <private key>; web-push stands in $BELFRY_PEERS/node_modules.
import { createECDH } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { createRequire } from 'node:module';
import { measure, words } from './common.mjs';

const webpush = createRequire(process.env.BELFRY_PEERS + '/')('web-push');
const [origin, deliveries, atATime, folder, p256dh, auth, privateKey] = process.argv.slice(2);
const pair = createECDH('prime256v1');
pair.setPrivateKey(Buffer.from(privateKey, 'base64url'));
const vapidDetails = { subject: 'mailto:ops@example.com', publicKey: pair.getPublicKey('base64url'), privateKey };
const agent = new Agent({ keepAlive: true, maxSockets: Number(atATime), ca: readFileSync(folder + '/ca.pem') });

await measure(Number(deliveries), Number(atATime), async (i) => {
  const text = JSON.stringify({
    kind: 'new_message', title: 'person', body: `message-${i}${words}`, tag: `conversation-${i}/messages`,
    conversationId: `conversation-${i}`, messageId: `message-${i}`, notificationCount: 1,
  });
  const subscription = { endpoint: `${origin}/ok`, keys: { p256dh, auth } };
  await webpush.sendNotification(subscription, text, { vapidDetails, agent, TTL: 3600, urgency: 'normal' });
});
agent.destroy();
process.exit(0);
