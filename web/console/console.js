// The operator's console: how the server is, and the trace of notifications.
const $ = (id) => document.getElementById(id);
const kinds = ["new_message", "read_message", "incoming_call", "revoke_call", "missed_call", "inbound_request",
  "revoke_inbound_request", "deputy_delegation", "revoke_deputy_delegation"];
const states = ["WAITING", "QUEUED", "DONE", "NOT_SENT"];
const channels = ["EMAIL", "MOBILE", "WEBHOOK", "WEB_PUSH"];
let token = sessionStorage.getItem("console") ?? "";
/** What the table shows, and where the next page begins. */
let search = {query: "", cursor: null};

class refused extends Error {}

async function get(path) {
  const answer = await fetch(path, {headers: token ? {Authorization: `Bearer ${token}`} : {}});
  if (answer.status === 401)
    throw new refused(token ? "The server does not know this token." : "");
  if (!answer.ok) {
    const said = await answer.json().catch(() => ({}));
    throw new Error(said.errors?.map((e) => `${e.pointer}: ${e.detail}`).join("; ") || said.detail || `${path}: ${answer.status}`);
  }
  return answer;
}

/** [{name, labels, value}] of Prometheus text. */
function read_metrics(text) {
  return text.split("\n").flatMap((line) => {
    const parts = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (!parts)
      return [];
    const labels = Object.fromEntries([...(parts[2] ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map((m) => [m[1], m[2]]));
    return [{name: parts[1], labels, value: Number(parts[3])}];
  });
}

function cell(text, title) {
  const out = document.createElement("td");
  out.textContent = text ?? "";
  if (title)
    out.title = title;
  return out;
}

function row(...cells) {
  const out = document.createElement("tr");
  out.append(...cells);
  return out;
}

function item(text) {
  const out = document.createElement("li");
  out.textContent = text;
  return out;
}

async function show_health() {
  const ready = await fetch("/readyz");
  const metrics = read_metrics(await (await get("/metrics")).text());
  const sum = (name, wanted = {}) => metrics
    .filter((m) => m.name === name && Object.entries(wanted).every(([k, v]) => m.labels[k] === v))
    .reduce((total, m) => total + m.value, 0);
  $("ready").textContent = ready.ok ? "ready" : "not ready";
  $("ready").className = ready.ok ? "good" : "bad";
  $("events").textContent = sum("belfry_events_total").toLocaleString();
  const over = ["DONE", "NOT_SENT"].map((state) => sum("belfry_notifications_total", {state}));
  $("notifications").textContent = `${over[0].toLocaleString()}, ${over[1].toLocaleString()}`;
  const commits = sum("belfry_store_commit_seconds_count");
  $("commit").textContent = commits ? `${(sum("belfry_store_commit_seconds_sum") / commits * 1000).toFixed(1)} ms` : "-";
  $("channels").replaceChildren(...channels.map((channel) => {
    const accepted = sum("belfry_deliveries_total", {channel, outcome: "ACCEPTED"});
    return row(cell(channel), ...[sum("belfry_lane_depth", {channel}), sum("belfry_lane_in_flight", {channel}),
      sum("belfry_parked_total", {channel}), accepted, sum("belfry_deliveries_total", {channel}) - accepted]
      .map((n) => cell(n.toLocaleString())));
  }));
  const alarms = metrics.filter((m) => m.name === "belfry_alarms_total" && m.value > 0);
  $("alarms").replaceChildren(...(alarms.length ? alarms.map((m) => item(`${m.labels.channel} ${m.labels.reason}: ${m.value}`))
    : [item("none")]));
}

async function show_webhooks() {
  const list = (await (await get("/v1/webhooks")).json()).items;
  $("registrations").replaceChildren(...list.map((w) =>
    row(cell(w.name, w.id), cell(w.endpoint), cell(w.status), cell(w.events.map((e) => e.split(".").pop()).join(", ")))));
}

function deliveries_of(n) {
  const out = document.createElement("ul");
  for (const d of n.deliveries ?? []) {
    const attempts = (d.attempts ?? []).map((a) =>
      `${new Date(a.at).toLocaleTimeString()} ${a.status || "no answer"}${a.answer ? ` ${a.answer}` : ""} (${a.millis} ms)`);
    out.append(item(`${d.channel} ${d.target}: ${d.state}${d.reason ? ` (${d.reason})` : ""}${attempts.length ? "; " : ""}${attempts.join(", ")}`));
  }
  const out_cell = document.createElement("td");
  out_cell.append(out);
  return out_cell;
}

async function show_traces(more) {
  const cursor = more && search.cursor ? `&cursor=${encodeURIComponent(search.cursor)}` : "";
  const page = await (await get(`/v1/notifications?limit=50${search.query}${cursor}`)).json();
  const rows = page.items.map((n) => row(cell(new Date(n.createdAt).toLocaleString(), n.id), cell(n.kind), cell(n.recipient),
    cell(n.conversation), cell(n.state), cell(n.reason), deliveries_of(n)));
  if (more)
    $("traces").append(...rows);
  else
    $("traces").replaceChildren(...rows);
  search.cursor = page.cursor ?? null;
  $("more").hidden = !search.cursor;
  $("found").textContent = $("traces").children.length ? "Newest first" : "Nothing of that sort is kept.";
}

async function show_all() {
  await show_health();
  for (const id of ["health", "trace", "webhooks"])
    $(id).hidden = false;
  $("sign-in").hidden = true;
  $("sign-out").hidden = !token;
  await Promise.all([show_webhooks(), show_traces(false)]);
}

function guarded(what) {
  return async (e) => {
    e?.preventDefault?.();
    $("problems").replaceChildren();
    try {
      await what(e);
    } catch (x) {
      if (x instanceof refused) {
        $("sign-in").hidden = false;
        for (const id of ["health", "trace", "webhooks"])
          $(id).hidden = true;
      }
      if (x.message)
        $("problems").replaceChildren(item(x.message));
    }
  };
}

for (const [name, values] of [["kind", kinds], ["state", states]])
  $("trace-form").elements.namedItem(name).append(...values.map((v) => new Option(v)));
$("sign-in-form").addEventListener("submit", guarded(async (e) => {
  token = new FormData(e.target).get("token");
  sessionStorage.setItem("console", token);
  await show_all();
}));
$("trace-form").addEventListener("submit", guarded(async (e) => {
  const wanted = [...new FormData(e.target)].filter(([, value]) => value);
  search = {query: wanted.map(([name, value]) => `&${name}=${encodeURIComponent(value)}`).join(""), cursor: null};
  await show_traces(false);
}));
$("more").addEventListener("click", guarded(() => show_traces(true)));
$("refresh").addEventListener("click", guarded(show_all));
$("sign-out").addEventListener("click", () => {
  sessionStorage.removeItem("console");
  location.reload();
});
guarded(show_all)();
