// Belfry in a page: subscribes this browser to web push, keeps the live socket, and takes back what is not true any
// more. One file, no dependencies; the worker is belfry-worker.js beside it. See docs/web-push.md.

/**
 * @typedef {object} Connection
 * @property {() => Promise<{id: string}>} subscribe Asks for permission if need be, and registers this browser.
 * @property {() => Promise<void>} unsubscribe Ends the registration of this browser.
 * @property {() => void} close Closes the live socket; notifications go on.
 * @property {() => Promise<Prerequisites>} check What this browser lacks.
 * @property {EventTarget} events "open", "closed", "subscribed", "notification", "opened", "close", "health_check", "error".
 * "opened": a notification was clicked; its `detail` has `url` and `conversation`. The page goes to that address unless
 * the event is cancelled (`preventDefault()`).
 */

/**
 * @typedef {object} Prerequisites
 * @property {boolean} ok
 * @property {Array<{code: string, message: string}>} missing In the order in which they should be mended.
 */

/**
 * @typedef {object} Options
 * @property {string} person Whose page this is.
 * @property {string | (() => string | Promise<string>)} [token] A JWT of the person, or what fetches a new one.
 * @property {string} [api] Where Belfry is; default: where this script came from.
 * @property {string} [worker] Path of the worker's script; default: belfry-worker.js beside this file.
 * @property {string} [scope] Scope of the worker; default "/".
 * @property {string} [desk] Where a click on a notification that cannot be opened leads; default: this page.
 */

const DATABASE = "belfry";
const SUBSCRIBE_MAX = 30000;
const DENIED = "Notifications are blocked for this page. Allow them in the browser's settings for this site.";
const RECONNECT_FIRST = 1000;
const RECONNECT_MAX = 60000;

/** An error with a stable code, and words for the person at the screen. */
export class BelfryError extends Error {
  /** @param {string} code @param {string} message */
  constructor(code, message) {
    super(message);
    this.name = "BelfryError";
    this.code = code;
  }
}

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
/** @param {string} key */
const forget = (key) => in_store("readwrite", (store) => store.delete(key));

/** @param {string} text base64url */
function bytes_of(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (c) => c.charCodeAt(0));
}

/** One after the other, of all tabs and the worker: what is registered last is what the browser has.
 * @template T @param {() => Promise<T>} what @returns {Promise<T>} */
const alone = async (what) =>
  /** @type {T} */ (navigator.locks ? await navigator.locks.request("belfry.subscription", what) : await what());

/** @param {ArrayBuffer | null} a @param {Uint8Array} b */
function same_bytes(a, b) {
  if (!a || a.byteLength !== b.length)
    return false;
  return new Uint8Array(a).every((x, i) => x === b[i]);
}

/** @returns {Promise<boolean>} */
async function can_store() {
  try {
    await save("probe", 1);
    return true;
  } catch {
    return false;
  }
}

/** What this browser lacks for web push, in words. @returns {Promise<Prerequisites>} */
export async function check_prerequisites() {
  const missing = [];
  const lack = (code, message) => missing.push({code, message});
  if (!globalThis.isSecureContext)
    lack("insecure_origin", "This page was not loaded over HTTPS. Browsers allow notifications on secure pages only.");
  if (!("serviceWorker" in navigator))
    lack("no_service_worker", "This browser has no service workers, or they are switched off.");
  if (!("PushManager" in globalThis))
    lack("no_push", "This browser cannot receive push messages. On iPhone and iPad, add this page to the home screen first.");
  if (!("Notification" in globalThis))
    lack("no_notifications", "This browser cannot show notifications.");
  else if (Notification.permission === "denied")
    lack("permission_denied", DENIED);
  if (!("indexedDB" in globalThis) || !(await can_store()))
    lack("no_storage", "This browser keeps no data for this page: private windows and some settings prevent it.");
  return {ok: missing.length === 0, missing};
}

/** Joins this page to its person; one connection a page. @param {Options} options @returns {Connection} */
export function connect(options) {
  const here = new URL(import.meta.url);
  const api = (options.api ?? here.origin).replace(/\/$/, "");
  const desk = options.desk && new URL(options.desk, location.href).href;
  // The worker must find the desk also when what it was told is gone.
  const worker = new URL(options.worker ?? new URL("belfry-worker.js", here), location.href);
  if (desk)
    worker.searchParams.set("desk", desk);
  const scope = options.scope ?? "/";
  const events = new EventTarget();
  const person_path = `/v1/persons/${encodeURIComponent(options.person)}`;
  let closed = false;
  /** @type {WebSocket | null} */
  let socket = null;
  let wait = RECONNECT_FIRST;
  let lost = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const tell = (type, detail) => events.dispatchEvent(new CustomEvent(type, {detail, cancelable: true}));
  const token = async () => (typeof options.token === "function" ? options.token() : (options.token ?? ""));

  /** @param {string} method @param {string} path @param {object} [body] */
  async function call(method, path, body) {
    const bearer = await token();
    const answer = await fetch(api + path, {
      method,
      headers: {
        ...(bearer ? {Authorization: `Bearer ${bearer}`} : {}),
        ...(body ? {"Content-Type": "application/json"} : {}),
      },
      body: body && JSON.stringify(body),
    });
    if (answer.status === 204)
      return null;
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) {
      const where = (said.errors ?? []).map((e) => `${e.pointer} ${e.detail}`).join("; ");
      throw new BelfryError(`http_${answer.status}`, [said.detail ?? answer.statusText, where].filter(Boolean).join(": "));
    }
    return said;
  }

  async function install_id() {
    let id = await load("installId");
    if (!id) {
      id = crypto.randomUUID();
      await save("installId", id);
    }
    return id;
  }

  /** What the worker needs to report checks and to register anew by itself. */
  async function brief_worker() {
    await save("context", {
      api,
      person: options.person,
      token: await token(),
      installId: await install_id(),
      desk: desk ?? location.href,
    });
  }

  /** @returns {Promise<ServiceWorkerRegistration>} */
  async function register_worker() {
    try {
      const registration = await navigator.serviceWorker.register(worker, {scope, updateViaCache: "none"});
      await worker_of(registration);
      return registration;
    } catch (e) {
      throw await worker_problem(e);
    }
  }

  /** What browsers call a SecurityError or a TypeError, told apart. @param {any} e @returns {Promise<BelfryError>} */
  async function worker_problem(e) {
    if (worker.origin !== location.origin)
      return new BelfryError("worker_other_origin", `The worker ${worker} is not of this page's origin (${location.origin}), ` +
        "as browsers demand: serve belfry-worker.js there and name it in the option \"worker\".");
    const answer = await fetch(worker, {cache: "no-store"}).catch(() => null);
    if (!answer?.ok || answer.redirected)
      return new BelfryError("worker_not_found",
        `The worker ${worker} cannot be loaded: ${answer?.redirected ? "it is redirected" : (answer?.status ?? "no answer")}.`);
    const type = answer.headers.get("content-type") ?? "";
    if (!/(java|ecma)script/.test(type))
      return new BelfryError("worker_wrong_type", `The worker ${worker} is served as "${type}", not as JavaScript.`);
    const allowed = new URL(answer.headers.get("service-worker-allowed") ?? ".", worker).pathname;
    if (!new URL(scope, location.href).pathname.startsWith(allowed))
      return new BelfryError("worker_scope_refused",
        `The worker may not serve "${scope}": the header Service-Worker-Allowed is missing. A proxy may have removed it.`);
    return new BelfryError("worker_failed", `The service worker cannot be installed: ${e?.message ?? e}`);
  }

  /** The active worker; one that is being installed is waited for. @param {ServiceWorkerRegistration} registration */
  function worker_of(registration) {
    const pending = registration.installing ?? registration.waiting;
    if (registration.active || !pending)
      return Promise.resolve(registration.active);
    return new Promise((resolve, reject) => {
      pending.addEventListener("statechange", () => {
        if (pending.state === "activated")
          resolve(pending);
        else if (pending.state === "redundant")
          reject(new BelfryError("worker_failed", "The service worker was not installed."));
      });
    });
  }

  /** @param {ServiceWorkerRegistration} registration @param {Uint8Array<ArrayBuffer>} key @returns {Promise<PushSubscription>} */
  async function push_subscription(registration, key) {
    // Chromium goes on trying for ever when its push service cannot be reached.
    const late = new Promise((_, reject) => setTimeout(reject, SUBSCRIBE_MAX, new DOMException("no answer", "AbortError")));
    try {
      return await Promise.race([
        registration.pushManager.subscribe({userVisibleOnly: true, applicationServerKey: key}), late]);
    } catch (e) {
      throw await push_problem(e);
    }
  }

  /** @param {any} e @returns {Promise<BelfryError>} */
  async function push_problem(e) {
    // Chromium's private windows lack a permission that was given, Firefox's have no files.
    const has_files = await navigator.storage?.getDirectory?.().then(() => true, () => false);
    if (has_files === false || (e?.name === "AbortError" && /permission/.test(e.message)))
      return new BelfryError("private_window", "Private windows receive no push messages. Open this page in an ordinary one.");
    if (e?.name === "NotAllowedError")
      return new BelfryError("permission_denied", DENIED);
    if (e?.name === "AbortError")
      return new BelfryError("push_service_unreachable",
        "The browser cannot reach its push service: a firewall may block it, or the browser's settings switch it off.");
    return new BelfryError("push_failed", `The browser makes no push subscription: ${e?.message ?? e}`);
  }

  /** A subscription of the present key, the browser's if it has one.
   * @param {ServiceWorkerRegistration} registration @param {boolean} [anew] What the browser has will not do. */
  async function post_subscription(registration, anew) {
    const {publicKey} = await call("GET", "/v1/web-push/key");
    const key = bytes_of(publicKey);
    const known = await load("subscription");
    let subscription = await registration.pushManager.getSubscription();
    if (subscription && (anew || !same_bytes(subscription.options.applicationServerKey, key))) {
      await subscription.unsubscribe();
      subscription = null;
    }
    subscription ??= await push_subscription(registration, key);
    const made = await call("POST", `${person_path}/web-push-subscriptions`, {
      ...subscription.toJSON(),
      desk: "AGENT_DESK",
      installId: await install_id(),
      ...(known ? {replaces: known.id} : {}),
    });
    await save("subscription", {id: made.id, secret: made.secret, publicKey});
    return made.id;
  }

  /** Makes sure that browser and server agree on a subscription that the push service takes.
   * @param {ServiceWorkerRegistration} registration @param {boolean} [anew] */
  function register_subscription(registration, anew) {
    return alone(async () => {
      let id = await post_subscription(registration, anew);
      const {items} = await call("GET", `${person_path}/web-push-subscriptions`);
      // The push service said that it was made for another key, whatever the browser says.
      if (items.some((s) => s.id === id && s.state === "renewing"))
        id = await post_subscription(registration, true);
      await brief_worker();
      tell("subscribed", {id});
      return {id};
    });
  }

  async function subscribe() {
    const lacking = await check_prerequisites();
    if (!lacking.ok)
      throw new BelfryError(lacking.missing[0].code, lacking.missing[0].message);
    if (Notification.permission !== "granted" && (await Notification.requestPermission()) !== "granted")
      throw new BelfryError("permission_denied", "Notifications were not allowed for this page.");
    return register_subscription(await register_worker());
  }

  function unsubscribe() {
    return alone(async () => {
      const registration = await navigator.serviceWorker?.getRegistration(scope);
      const known = await load("subscription");
      await (await registration?.pushManager.getSubscription())?.unsubscribe();
      await forget("subscription");
      if (known)
        await call("DELETE", `${person_path}/web-push-subscriptions/${encodeURIComponent(known.id)}`);
    });
  }

  /** At page load, and when the live socket is back: the only sure repair of what browsers lose silently. Also when all
   * that is left is what the browser itself knows of the subscription. @param {boolean} [anew] */
  async function resync(anew) {
    const granted = "Notification" in globalThis && Notification.permission === "granted";
    if (!granted || !("serviceWorker" in navigator))
      return;
    const there = await navigator.serviceWorker.getRegistration(scope);
    const ours = there?.active && new URL(there.active.scriptURL).pathname === worker.pathname;
    if ((await load("subscription")) || (ours && (await there.pushManager.getSubscription())))
      await register_subscription(await register_worker(), anew);
  }

  async function to_worker(message) {
    const registration = await navigator.serviceWorker?.getRegistration(scope);
    const worker = registration && (await worker_of(registration));
    worker?.postMessage(message);
  }

  async function on_message(message) {
    if (message.type === "health_check.started") {
      await brief_worker();
      await to_worker(message);
      tell("health_check", message);
    } else if (message.type === "close") {
      await to_worker(message);
      tell("close", message);
    } else if (message.type === "notification") {
      tell("notification", message);
    }
  }

  async function open_socket() {
    if (closed)
      return;
    try {
      const bearer = await token();
      const address = new URL(api + "/v1/live");
      address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
      if (!bearer)
        address.searchParams.set("person", options.person);
      if (closed)
        return;
      socket = new WebSocket(address, bearer ? ["belfry.v1", `bearer.${bearer}`] : ["belfry.v1"]);
    } catch (e) {
      tell("error", e);
      return reconnect();
    }
    socket.onopen = () => {
      wait = RECONNECT_FIRST;
      tell("open");
      // What came back may be a server with another key, or one that was not there when the page was loaded.
      if (lost)
        resync().catch((x) => tell("error", x));
      lost = false;
    };
    socket.onmessage = (e) => on_message(JSON.parse(e.data)).catch((x) => tell("error", x));
    socket.onclose = () => {
      tell("closed");
      reconnect();
    };
  }

  function reconnect() {
    if (closed)
      return;
    lost = true;
    clearTimeout(timer);
    timer = setTimeout(open_socket, wait * (0.5 + Math.random() / 2));
    wait = Math.min(wait * 2, RECONNECT_MAX);
  }

  function close() {
    closed = true;
    clearTimeout(timer);
    socket?.close();
  }

  navigator.serviceWorker?.addEventListener("message", (e) => {
    if (closed || (e.data?.type !== "belfry.renew" && e.data?.type !== "belfry.opened"))
      return;
    e.ports[0]?.postMessage("heard");
    if (e.data.type === "belfry.renew")
      resync(true).catch((x) => tell("error", x));
    else if (tell("opened", {url: e.data.url, conversation: e.data.conversation}) && location.href !== e.data.url &&
        /^https?:/.test(e.data.url))
      location.assign(e.data.url);
  });
  // Browsers may take for ever to answer the one; the other does not wait for it.
  resync().catch((x) => tell("error", x));
  open_socket();
  return {subscribe, unsubscribe, close, check: check_prerequisites, events};
}

globalThis.belfry = {connect, check_prerequisites, BelfryError};
