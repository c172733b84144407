// Belfry in a service worker: opens what is pushed, shows it, takes it back, and reports health checks. One file, no
// dependencies. What it must know the page leaves in IndexedDB. See docs/web-push.md.

const DEFAULT_TITLE = "You have a new notification";
const DATABASE = "belfry";
/** How long a page may take to say that it heard. */
const ANSWER_MAX = 500;
/** How long a check is remembered: the longest time-out. */
const CHECK_MAX = 3600000;

/** @typedef {{at: number, came: Promise<boolean>, arrive: () => void, waited?: Promise<void>}} Check */
/** @type {Map<string, Check>} Checks that were announced or came, each once however many pages tell of it. */
const checks = new Map();

/** @returns {Promise<IDBDatabase>} */
function open_database() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(DATABASE, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("values");
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

/** @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest} what @returns {Promise<any>} */
async function in_store(mode, what) {
  const database = await open_database();
  try {
    return await new Promise((resolve, reject) => {
      const asked = what(database.transaction("values", mode).objectStore("values"));
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    });
  } finally {
    database.close();
  }
}

/** @param {string} key */
const load = (key) => in_store("readonly", (store) => store.get(key));
/** @param {string} key @param {any} value */
const save = (key, value) => in_store("readwrite", (store) => store.put(value, key));

/** @param {string} text base64url */
function bytes_of(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (c) => c.charCodeAt(0));
}

/** Opens the inner layer; throws when it is not for the subscription that this browser has. @param {any} outer */
async function open_message(outer) {
  const known = await load("subscription");
  if (outer?.v !== 1 || !known || known.id !== outer.sub)
    throw new Error("not for this subscription");
  const key = await crypto.subtle.importKey("raw", bytes_of(known.secret), "AES-GCM", false, ["decrypt"]);
  const plain = await crypto.subtle.decrypt(
    {name: "AES-GCM", iv: bytes_of(outer.iv), additionalData: new TextEncoder().encode(outer.sub)}, key,
    bytes_of(outer.data));
  return JSON.parse(new TextDecoder().decode(plain));
}

/** @param {string} method @param {string} path @param {object} [body] */
async function call(method, path, body) {
  const context = await load("context");
  if (!context)
    throw new Error("no page has been here");
  const answer = await fetch(context.api + path.replace("{person}", encodeURIComponent(context.person)), {
    method,
    headers: {
      ...(context.token ? {Authorization: `Bearer ${context.token}`} : {}),
      ...(body ? {"Content-Type": "application/json"} : {}),
    },
    body: body && JSON.stringify(body),
  });
  if (!answer.ok)
    throw new Error(`${method} ${path}: ${answer.status}`);
  return answer.status === 204 ? null : answer.json();
}

// -- health checks ------------------------------------------------------------

/** @param {string} check */
async function report(check) {
  const known = await load("subscription");
  if (known)
    await call("POST", `/v1/persons/{person}/web-push-subscriptions/${encodeURIComponent(known.id)}/health-checks/${encodeURIComponent(check)}`);
}

/** @param {string} id @returns {Check} */
function check_of(id) {
  for (const [old, {at}] of checks) {
    if (Date.now() - at > CHECK_MAX)
      checks.delete(old);
  }
  let check = checks.get(id);
  if (!check) {
    let arrive;
    const came = new Promise((resolve) => (arrive = () => resolve(true)));
    checks.set(id, check = {at: Date.now(), came, arrive});
  }
  return check;
}

/** @param {string} id */
async function on_check(id) {
  check_of(id).arrive();
  await report(id);
}

/** @param {string} id @returns {Promise<boolean>} Whether this browser has this subscription. */
const is_ours = async (id) => (await load("subscription"))?.id === id;

/** A page says that a check begins; the person's other browsers have checks of their own. @param {any} message */
async function await_check(message) {
  if (!(await is_ours(message.subscription)))
    return;
  const check = check_of(message.check);
  check.waited ??= wait_for(check, message);
  await check.waited;
}

/** Waits for the push of a check, and subscribes anew when none comes. @param {Check} check @param {any} message */
async function wait_for(check, message) {
  const late = new Promise((resolve) => setTimeout(() => resolve(false), message.timeoutMillis));
  if (!(await Promise.race([check.came, late])) && (await is_ours(message.subscription)))
    await renew(message.subscription);
}

/** One after the other, of all tabs and the worker: what is registered last is what the browser has.
 * @template T @param {() => Promise<T>} what @returns {Promise<T>} */
const alone = (what) => navigator.locks.request("belfry.subscription", what);

/** A new subscription in place of this one, unless somebody else has made one meanwhile. @param {string | undefined} replaces */
function renew(replaces) {
  return alone(async () => {
    if ((await load("subscription"))?.id !== replaces)
      return;
    const context = await load("context");
    const {publicKey} = await call("GET", "/v1/web-push/key");
    await (await self.registration.pushManager.getSubscription())?.unsubscribe();
    const made = await self.registration.pushManager.subscribe(
      {userVisibleOnly: true, applicationServerKey: bytes_of(publicKey)});
    const answer = await call("POST", "/v1/persons/{person}/web-push-subscriptions", {
      ...made.toJSON(),
      desk: "AGENT_DESK",
      installId: context.installId,
      ...(replaces ? {replaces} : {}),
    });
    await save("subscription", {id: answer.id, secret: answer.secret, publicKey});
  });
}

// -- what is shown ------------------------------------------------------------

/** @param {any} message */
async function show(message) {
  const call_over = message.kind === "incoming_call" && message.ringDeadline && message.ringDeadline <= Date.now();
  await self.registration.showNotification(message.title || DEFAULT_TITLE, {
    body: call_over ? (message.missed ?? "Missed call") : message.body,
    tag: message.tag,
    renotify: true,
    requireInteraction: message.kind === "incoming_call" && !call_over,
    timestamp: message.at,
    data: {url: message.url, kind: message.kind, conversation: message.conversationId},
  });
}

/** What cannot be opened is shown without its words; a click renews the registration. */
async function show_unopened() {
  await self.registration.showNotification(DEFAULT_TITLE, {tag: "belfry", data: {renew: true}});
}

/** @param {string} tag */
async function take_back(tag) {
  for (const shown of await self.registration.getNotifications({tag}))
    shown.close();
}

/** @param {PushMessageData | null} data */
async function on_push(data) {
  let message;
  try {
    message = await open_message(data?.json());
  } catch {
    return show_unopened();
  }
  if (message.kind === "health_check")
    return on_check(message.check);
  return show(message);
}

/** Whether a page of ours hears this and sees to it. @param {Client} page @param {object} message @returns {Promise<boolean>} */
function told(page, message) {
  return new Promise((resolve) => {
    const {port1, port2} = new MessageChannel();
    port1.onmessage = () => resolve(true);
    setTimeout(() => resolve(false), ANSWER_MAX);
    page.postMessage(message, [port2]);
  });
}

/** The address of a page, or nothing: what a visitor's client reported may be anything. @param {string | undefined} url
 * @param {string} base */
function page_address(url, base) {
  try {
    const address = new URL(url ?? "", base);
    return url && ["http:", "https:"].includes(address.protocol) ? address.href : undefined;
  } catch {
    return undefined;
  }
}

/** Leads to the page, or opens it. What the page may have lost, the address of this script says. @param {any} data */
async function on_click(data) {
  const context = await load("context").catch(() => undefined);
  const known = await load("subscription").catch(() => undefined);
  const scope = self.registration.scope;
  const home = new URL(context?.desk ?? new URL(self.location.href).searchParams.get("desk") ?? scope, scope).href;
  const url = data?.renew ? home : page_address(data?.url, scope) ?? home;
  const pages = await self.clients.matchAll({type: "window", includeUncontrolled: true});
  const path = (address) => new URL(address).pathname;
  const page = pages.find((p) => p.url === url) ?? pages.find((p) => path(p.url) === path(url)) ??
    pages.find((p) => path(home) !== "/" && path(p.url).startsWith(path(home)));
  await page?.focus().catch(() => undefined);
  const type = data?.renew ? "belfry.renew" : "belfry.opened";
  // A page knows more than is left here, and need not load itself anew to show another conversation.
  const heard = page && (await told(page, {type, url, conversation: data?.conversation}));
  if (!page)
    await self.clients.openWindow(url);
  else if (!heard && page.url !== url && !data?.renew)
    await page.navigate(url).catch(() => self.clients.openWindow(url));
  if (data?.renew && !heard && context)
    await renew(known?.id);
}

// -- events -------------------------------------------------------------------

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (e) => e.waitUntil(self.clients.claim()));
self.addEventListener("push", (e) => e.waitUntil(on_push(e.data)));
self.addEventListener("notificationclick", (e) => {
  e.notification.close();
  e.waitUntil(on_click(e.notification.data));
});
self.addEventListener("pushsubscriptionchange", (e) => {
  e.waitUntil(load("subscription").then((known) => renew(known?.id)));
});
self.addEventListener("message", (e) => {
  if (e.data?.type === "health_check.started")
    e.waitUntil(await_check(e.data).catch(() => undefined));
  else if (e.data?.type === "close")
    e.waitUntil(take_back(e.data.tag));
});
