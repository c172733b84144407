// The demo page of the Agent Desk: signs in, subscribes, and plays the visitor beside it.
import {check_prerequisites, connect} from "/web-push/belfry.js";

const $ = (id) => document.getElementById(id);
const desk_visitor = "desk-visitor";
let session = null;

function log(text) {
  const line = document.createElement("li");
  const time = document.createElement("time");
  time.textContent = new Date().toLocaleTimeString();
  line.append(time, text);
  $("log").prepend(line);
}

function problem(error) {
  const line = document.createElement("li");
  line.textContent = error?.message ?? String(error);
  $("problems").replaceChildren(line);
}

async function api(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: {
      ...(session.token ? {Authorization: `Bearer ${session.token}`} : {}),
      ...(body ? {"Content-Type": "application/json"} : {}),
    },
    body: body && JSON.stringify(body),
  });
  const said = answer.status === 204 ? null : await answer.json().catch(() => ({}));
  if (!answer.ok)
    throw Object.assign(new Error(said?.detail ?? `${method} ${path}: ${answer.status}`), {status: answer.status});
  return said;
}

const person_path = () => `/v1/persons/${encodeURIComponent(session.person)}`;
const publish = (...events) => api("POST", "/v1/events", events);

async function refresh() {
  $("permission").textContent = "Notification" in globalThis ? Notification.permission : "not offered";
  const [subscriptions, pause] = await Promise.all([
    api("GET", `${person_path()}/web-push-subscriptions`),
    api("GET", `${person_path()}/pause`).catch(() => null),
  ]);
  const list = subscriptions.items;
  $("subscription").textContent = list.map((s) => s.host).join(", ") || "none";
  $("health").textContent =
    list.map((s) => s.state + (s.lastProvenAt ? `, proven ${new Date(s.lastProvenAt).toLocaleTimeString()}` : "")).join("; ") || "-";
  $("pause").textContent = pause ? pause.state : "for agents only";
  $("toggle-pause").textContent = pause?.state === "ON" ? "Resume" : "Pause";
  session.paused = pause?.state === "ON";
}

function guarded(what) {
  return async (e) => {
    e?.preventDefault?.();
    $("problems").replaceChildren();
    try {
      await what(e);
    } catch (x) {
      problem(x);
    }
  };
}

/** Shows the conversation that the address names, else the desk's own. */
async function open_conversation(id) {
  session.conversation = id ?? `desk-${session.person}`;
  session.visitor = desk_visitor;
  let title = session.conversation;
  if (id && !session.token) {
    const about = await api("GET", `/v1/conversations/${encodeURIComponent(id)}`).catch(() => null);
    session.visitor = about?.participants.find((p) => p.role === "CONTEXT_PERSON")?.person ?? desk_visitor;
    title = about ? `${about.topic || id} (${session.visitor})` : `${id}, which this server does not know`;
  }
  $("conversation").textContent = title;
}

const named = () => new URLSearchParams(location.search).get("conversation") ?? undefined;
const unknown_is = (made) => (error) => (error.status === 404 ? made() : Promise.reject(error));

/** Stores a person whom the server does not know; a known one keeps what is known. */
const introduce = (person, profile) => {
  const path = `/v1/persons/${encodeURIComponent(person)}`;
  return api("GET", path).catch(unknown_is(() => api("PUT", path, profile)));
};

/** Who is signed in is known to windows to come, so that clicks on notifications lead on; a token to this one only. */
function remember(person, token) {
  localStorage.setItem("desk", JSON.stringify({person, guarded: Boolean(token)}));
  if (token)
    sessionStorage.setItem("desk-token", token);
}

async function sign_in(person, token) {
  session = {person, token, call: null};
  if (!token) {
    await introduce(person, {type: "AGENT", displayName: person});
    await introduce(desk_visitor, {type: "VISITOR", displayName: "Vera Visitor"});
    await publish({type: "conversation.started", conversation: `desk-${person}`, topic: "Desk demo", participants: [
      {person, role: "ASSIGNED_AGENT"}, {person: desk_visitor, role: "CONTEXT_PERSON"}]}).catch(() => null);
    $("visitor").hidden = false;
  }
  await open_conversation(named());
  remember(person, token);
  $("who").textContent = person;
  $("sign-in").hidden = true;
  $("state").hidden = false;
  session.belfry = connect({person, token, desk: location.origin + "/desk/"});
  const events = session.belfry.events;
  events.addEventListener("open", () => ($("connection").textContent = "connected"));
  events.addEventListener("closed", () => ($("connection").textContent = "reconnecting"));
  events.addEventListener("subscribed", guarded(refresh));
  events.addEventListener("error", (e) => problem(e.detail));
  events.addEventListener("notification", (e) => log(`${e.detail.kind}: ${e.detail.title} ${e.detail.body}`));
  events.addEventListener("opened", (e) => {
    if (new URL(e.detail.url).pathname !== location.pathname)
      return;
    e.preventDefault();
    history.pushState(null, "", e.detail.url);
    guarded(() => open_conversation(named()))();
  });
  events.addEventListener("close", (e) => log(`taken back: ${e.detail.tag} ${e.detail.reason ?? ""}`));
  events.addEventListener("health_check", () => {
    log("a health check begins");
    setTimeout(guarded(refresh), 2000);
  });
  for (const lacking of (await check_prerequisites()).missing)
    log(lacking.message);
  await refresh();
}

$("sign-in-form").addEventListener("submit", guarded(async (e) => {
  const form = new FormData(e.target);
  await sign_in(form.get("person"), form.get("token"));
}));
$("allow").addEventListener("click", guarded(async () => {
  const made = await session.belfry.subscribe();
  log(`subscribed as ${made.id}`);
  await refresh();
}));
$("stop").addEventListener("click", guarded(async () => {
  await session.belfry.unsubscribe();
  log("the subscription has ended");
  await refresh();
}));
$("toggle-pause").addEventListener("click", guarded(async () => {
  await api("PUT", `${person_path()}/pause`, {mode: session.paused ? "OFF" : "ON"});
  await refresh();
}));
$("sign-out").addEventListener("click", () => {
  localStorage.removeItem("desk");
  sessionStorage.removeItem("desk-token");
  location.assign("/desk/");
});
$("say-form").addEventListener("submit", guarded(async (e) => {
  const text = new FormData(e.target).get("text");
  await publish({type: "message.sent", conversation: session.conversation,
                 message: {id: crypto.randomUUID(), sender: session.visitor, text}});
  log(`Vera says: ${text}`);
}));
$("ring").addEventListener("click", guarded(async () => {
  session.call = crypto.randomUUID();
  await publish({type: "call.started", conversation: session.conversation,
                 call: {id: session.call, type: "AUDIO", caller: session.visitor}});
  $("hang-up").disabled = false;
  log("Vera rings");
}));
$("hang-up").addEventListener("click", guarded(async () => {
  await publish({type: "call.ended", conversation: session.conversation, call: session.call});
  $("hang-up").disabled = true;
  log("Vera hangs up");
}));
$("read").addEventListener("click", guarded(async () => {
  await publish({type: "message.read", conversation: session.conversation, person: session.person});
  log(`${session.person} has read all`);
}));

globalThis.addEventListener("popstate", () => session && guarded(() => open_conversation(named()))());

const known = JSON.parse(localStorage.getItem("desk") ?? "null");
const kept_token = sessionStorage.getItem("desk-token") ?? "";
if (known)
  $("sign-in-form").elements.person.value = known.person;
if (known && (kept_token || !known.guarded))
  guarded(() => sign_in(known.person, kept_token))();
