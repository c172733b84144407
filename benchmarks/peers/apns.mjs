// The same pushes with the usual library for APNs. node apns.mjs <origin> <deliveries> <at a time> <folder with keys>;
// @parse/node-apn stands in $BELFRY_PEERS/node_modules.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { measure, words } from './common.mjs';

const apn = createRequire(process.env.BELFRY_PEERS + '/')('@parse/node-apn');
const [origin, deliveries, atATime, folder] = process.argv.slice(2);
const { hostname, port } = new URL(origin);
const provider = new apn.Provider({
  token: { key: readFileSync(folder + '/apns.pem'), keyId: 'KEYID12345', teamId: 'TEAMID1234' },
  address: hostname,
  port: Number(port),
  ca: readFileSync(folder + '/ca.pem'),
});

await measure(Number(deliveries), Number(atATime), async (i) => {
  const n = new apn.Notification();
  n.topic = 'com.example.chat';
  n.pushType = 'alert';
  n.priority = 10;
  n.expiry = Math.floor(Date.now() / 1000) + 3600;
  n.collapseId = `conversation-${i}`;
  n.mutableContent = 1;
  n.badge = 1;
  n.alert = { title: 'person', body: `message-${i}${words}` };
  n.payload = { conversationId: `conversation-${i}`, messageId: `message-${i}`, notificationCount: 1 };
  const r = await provider.send(n, String(i).padStart(64, 'a'));
  if (r.sent.length !== 1) throw new Error(JSON.stringify(r.failed));
});
await provider.shutdown();
process.exit(0);
