// What both browsers' tests need: a Belfry of their own, an agent, and patience with a limit.
import assert from "node:assert/strict";
import {spawn} from "node:child_process";
import {mkdirSync, mkdtempSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";

const LIMIT = 20000;

/** Asks until `wanted` answers something true; throws what was last seen when that takes too long. */
export async function eventually(what, wanted, limit = LIMIT) {
  const end = Date.now() + limit;
  let last;
  for (;;) {
    try {
      last = await wanted();
    } catch (x) {
      last = x;
    }
    if (last && !(last instanceof Error))
      return last;
    if (Date.now() > end)
      throw new Error(`${what}: not within ${limit} ms; last seen: ${last}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export async function start_belfry(program, settings) {
  const folder = mkdtempSync(join(tmpdir(), "belfry-browser-"));
  const all = {
    "http.listen": "127.0.0.1:0",
    "store.path": join(folder, "belfry.db"),
    "push.debounceDelay": "100ms",
    "webPush.enabled": "true",
    "webPush.subject": "mailto:ops@example.com",
    "webPush.privateKey": "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA",
    "webPush.allowedHosts": '["127.0.0.1"]',
    "outbound.allowPlainHttp": "true",
    "outbound.allowedNetworks": '["127.0.0.0/8"]',
    ...settings,
  };
  let child;
  const start = () => new Promise((resolve, reject) => {
    child = spawn(program, ["serve", ...Object.entries(all).flatMap(([k, v]) => ["--set", `${k}=${v}`])],
      {stdio: ["ignore", "inherit", "pipe"]});
    let text = "";
    child.stderr.on("data", (chunk) => {
      text += chunk;
      const found = /listening on (http:\S+)/.exec(text);
      if (found)
        resolve(found[1]);
    });
    child.on("exit", (code) => reject(new Error(`belfry ended with ${code}`)));
  });
  async function end() {
    child.removeAllListeners("exit");
    const ended = new Promise((resolve) => child.on("exit", resolve));
    child.kill("SIGTERM");
    await ended;
  }
  const url = await start();
  async function call(method, path, body) {
    const answer = await fetch(url + path, {
      method,
      headers: body ? {"Content-Type": "application/json"} : {},
      body: body && JSON.stringify(body),
    });
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${await answer.clone().text()}`);
    return answer.status === 204 ? null : answer.json();
  }
  let messages = 0;
  return {
    url,
    call,
    subscriptions: async () => (await call("GET", "/v1/persons/ada/web-push-subscriptions")).items,
    say: (text, conversation = "desk-ada") => call("POST", "/v1/events", {
      type: "message.sent", conversation, message: {id: `m${++messages}`, sender: "desk-visitor", text}}),
    /** Stops it, and starts it at the same address, on the same store, with these settings changed. */
    restart: async (changed) => {
      await end();
      Object.assign(all, {"http.listen": new URL(url).host, ...changed});
      await start();
    },
    stop: async () => {
      await end();
      rmSync(folder, {recursive: true});
    },
  };
}

/** What the page's worker shows now. */
export function shown(page) {
  return page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    const list = (await registration?.getNotifications()) ?? [];
    return list.map((n) => ({title: n.title, body: n.body, tag: n.tag}));
  });
}

/** Reads or writes what page and worker keep. */
export function stored(page, key, value = null) {
  return page.evaluate(([k, v]) => new Promise((resolve, reject) => {
    const asked = indexedDB.open("belfry", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("values");
    asked.onerror = () => reject(asked.error);
    asked.onsuccess = () => {
      const store = asked.result.transaction("values", v === null ? "readonly" : "readwrite").objectStore("values");
      const done = v === null ? store.get(k) : store.put(v, k);
      done.onsuccess = () => {
        asked.result.close();
        resolve(done.result);
      };
    };
  }), [key, value]);
}

/** Loses what page and worker keep. */
export function lose_stored(page) {
  return page.evaluate(() => new Promise((resolve, reject) => {
    const asked = indexedDB.open("belfry", 1);
    asked.onerror = () => reject(asked.error);
    asked.onsuccess = () => {
      asked.result.transaction("values", "readwrite").objectStore("values").clear().onsuccess = () => {
        asked.result.close();
        resolve();
      };
    };
  }));
}

export async function sign_in(page, url) {
  await page.goto(`${url}/desk/`);
  await page.click("#sign-in-form button");
  await eventually("the desk is connected", () =>
    page.$eval("#connection", (e) => e.textContent === "connected"));
}

export async function keep_screenshot(page, folder, name) {
  mkdirSync(folder, {recursive: true});
  await page.screenshot({path: join(folder, `${name}.png`)});
}

/** Runs steps one after the other, each with its name; the first that fails ends the run. */
export async function run(steps) {
  for (const [name, step] of steps) {
    process.stdout.write(`${name} ... `);
    await step();
    console.log("ok");
  }
}
