// The service worker in a real Chromium, which is handed pushes through DevTools: node chromium_test.mjs BELFRY SCREENSHOTS
import assert from "node:assert/strict";
import {createCipheriv, createHash, randomBytes} from "node:crypto";
import {createServer} from "node:http";
import puppeteer from "puppeteer-core";
import WebSocket from "ws";
import {eventually, keep_screenshot, lose_stored, run, shown, sign_in, start_belfry, stored} from "./support.mjs";

const [program, screenshots] = process.argv.slice(2);
const belfry = await start_belfry(program, {"webPush.subscriptionRetryInterval": "300ms"});
// DevTools stands in for the push service, which takes everything and says nothing.
const sink = createServer((request, response) => request.resume().on("end", () => response.writeHead(201).end()));
await new Promise((resolve) => sink.listen(0, "127.0.0.1", resolve));
const browser = await puppeteer.launch({
  executablePath: "/usr/bin/chromium",
  headless: true,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});

/** What the push service would hand over after the browser opened the outer layer. */
function sealed(message, {id, secret}) {
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", Buffer.from(secret, "base64url"), iv);
  cipher.setAAD(Buffer.from(id));
  const data = Buffer.concat([cipher.update(JSON.stringify(message)), cipher.final(), cipher.getAuthTag()]);
  return JSON.stringify({v: 1, sub: id, iv: iv.toString("base64url"), data: data.toString("base64url")});
}

const message = {
  kind: "new_message", title: "Vera Visitor", body: "Grüezi 👋", tag: "messages:c1", conversationId: "c1",
  notificationCount: 1, recipientNotificationCount: 1, url: "/desk/?conversation=c1", at: Date.now(),
};

let failed;
let page;
const origin = belfry.url;
const socket = new WebSocket(`${origin.replace("http", "ws")}/v1/live?person=ada`);
try {
  await browser.defaultBrowserContext().overridePermissions(origin, ["notifications"]);
  page = await browser.newPage();
  const devtools = await page.createCDPSession();
  let registration;
  devtools.on("ServiceWorker.workerRegistrationUpdated", (e) => {
    registration = e.registrations.find((r) => !r.isDeleted) ?? registration;
  });
  await devtools.send("ServiceWorker.enable");
  const push = (data) =>
    devtools.send("ServiceWorker.deliverPushMessage", {origin, registrationId: registration.registrationId, data});
  devtools.on("ServiceWorker.workerErrorReported", (e) => console.error(e.errorMessage));
  let subscription;
  let begun;
  socket.on("message", (text) => {
    const said = JSON.parse(text.toString());
    if (said.type === "health_check.started")
      begun = said.check;
  });
  /** Runs a function of the test within the worker. */
  const in_worker = async (what, ...args) => {
    const target = await browser.waitForTarget((t) => t.type() === "service_worker");
    return (await target.worker()).evaluate(what, ...args);
  };
  /** Hands over a push until `wanted` holds: DevTools loses one now and then without a word. */
  const push_until = async (data, wanted) => {
    for (let tries = 1;; ++tries) {
      await push(data);
      try {
        return await eventually("what the push does", wanted, 3000);
      } catch (x) {
        if (tries === 5)
          throw x;
      }
    }
  };
  const shows = (data, what = () => true) => push_until(data, async () => {
    const list = await shown(page);
    return list.length === 1 && what(list[0]) && list[0];
  });
  await run([
    ["the worker is installed for the whole origin", async () => {
      await sign_in(page, origin);
      await page.evaluate(() =>
        navigator.serviceWorker.register(
          `/web-push/belfry-worker.js?desk=${encodeURIComponent(`${location.origin}/desk/`)}`, {scope: "/"}));
      await eventually("an active worker", () =>
        page.evaluate(async () => (await navigator.serviceWorker.getRegistration("/"))?.active?.state === "activated"));
      await eventually("its registration", async () => registration);
    }],
    ["a subscription is known to page and server", async () => {
      subscription = await belfry.call("POST", "/v1/persons/ada/web-push-subscriptions", {
        endpoint: `http://127.0.0.1:${sink.address().port}/push/1`,
        keys: {
          p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
          auth: "BTBZMqHH6r4Tts7J_aSIgg",
        },
        desk: "AGENT_DESK",
        installId: "chromium",
      });
      await stored(page, "subscription", {id: subscription.id, secret: subscription.secret, publicKey: ""});
      await stored(page, "context", {api: origin, person: "ada", token: "", installId: "chromium", desk: `${origin}/desk/`});
    }],
    ["shows what was sealed for it", async () => {
      const one = await shows(sealed(message, subscription));
      assert.deepEqual(one, {title: "Vera Visitor", body: "Grüezi 👋", tag: "messages:c1"});
    }],
    ["replaces it under its tag", async () => {
      await shows(sealed({...message, body: "newer"}, subscription), (n) => n.body === "newer");
    }],
    ["takes it back when the page is told", async () => {
      await page.evaluate(async () => {
        (await navigator.serviceWorker.getRegistration("/")).active.postMessage({type: "close", tag: "messages:c1"});
      });
      await eventually("nothing is shown", async () => (await shown(page)).length === 0);
    }],
    ["shows a ring that comes late as missed", async () => {
      const ring = {...message, kind: "incoming_call", tag: "call:c1", callId: "k", callType: "AUDIO"};
      await shows(sealed({...ring, body: "Incoming call", ringDeadline: Date.now() + 60000}, subscription),
        (n) => n.body === "Incoming call");
      await shows(sealed({...ring, body: "Incoming call", ringDeadline: Date.now() - 1}, subscription),
        (n) => n.body === "Missed call" && n.tag === "call:c1");
      const german = {...ring, body: "Eingehender Anruf", missed: "Verpasster Anruf", ringDeadline: Date.now() - 1};
      await shows(sealed(german, subscription), (n) => n.body === "Verpasster Anruf" && n.tag === "call:c1");
    }],
    ["a click leads the open page to the conversation, which it shows without being loaded anew", async () => {
      await belfry.call("PUT", "/v1/persons/cora", {type: "VISITOR", displayName: "Cora"});
      await belfry.call("POST", "/v1/events", {type: "conversation.started", conversation: "c1", topic: "Savings",
        participants: [{person: "ada", role: "ASSIGNED_AGENT"}, {person: "cora", role: "CONTEXT_PERSON"}]});
      await page.evaluate(() => (globalThis.still_here = true));
      await in_worker(async () => {
        const [notification] = await self.registration.getNotifications();
        notification.close();
        await on_click(notification.data);
      });
      await eventually("the conversation", () => page.$eval("#conversation", (e) => e.textContent === "Savings (cora)"));
      assert.equal(page.url(), `${origin}/desk/?conversation=c1`);
      assert.ok(await page.evaluate(() => globalThis.still_here));
      await eventually("it is closed", async () => (await shown(page)).length === 0);
    }],
    ["a window that a click opens shows the conversation: the agent is still signed in", async () => {
      const fresh = await browser.newPage();
      await fresh.goto(`${origin}/desk/?conversation=c1`);
      await eventually("the conversation", () => fresh.$eval("#conversation", (e) => e.textContent === "Savings (cora)"));
      await fresh.close();
    }],
    ["a page without Belfry is led there too", async () => {
      const [deaf] = await Promise.all([page.evaluateOnNewDocument(() => localStorage.removeItem("desk")), page.goto(`${origin}/desk/`)]);
      await page.waitForSelector("#sign-in:not([hidden])");
      await in_worker(() => on_click({url: "/desk/?conversation=c1", conversation: "c1"}));
      await eventually("the address", () => page.url() === `${origin}/desk/?conversation=c1`);
      await page.removeScriptToEvaluateOnNewDocument(deaf.identifier);
      await page.click("#sign-in-form button");
      await eventually("the conversation, signed in", () =>
        page.$eval("#conversation", (e) => e.textContent === "Savings (cora)"));
    }],
    ["signing in keeps what is known of a person", async () => {
      const profile = {type: "AGENT", displayName: "Ada Agent", email: "ada@example.com", locale: "de-CH"};
      await belfry.call("PUT", "/v1/persons/ada", profile);
      await page.goto(`${origin}/desk/`);
      await eventually("the desk is connected", () => page.$eval("#connection", (e) => e.textContent === "connected"));
      assert.deepEqual({id: "ada", ...profile}, await belfry.call("GET", "/v1/persons/ada"));
    }],
    ["shows the default title for what it cannot open", async () => {
      const another = {id: subscription.id, secret: randomBytes(32).toString("base64url")};
      for (const data of ["no json", "{}", sealed(message, another), sealed(message, {...subscription, id: "another"})]) {
        const one = await shows(data);
        assert.equal(one.title, "You have a new notification");
        assert.ok(!one.body);
        await page.evaluate(async () => {
          (await navigator.serviceWorker.getRegistration("/")).active.postMessage({type: "close", tag: "belfry"});
        });
        await eventually("nothing is shown", async () => (await shown(page)).length === 0);
      }
    }],
    ["a click on what cannot be opened leads to the desk, also when all data is lost", async () => {
      const kept = {subscription: await stored(page, "subscription"), context: await stored(page, "context")};
      await lose_stored(page);
      const click = () => in_worker(async () => {
        const opened = [];
        self.clients.openWindow = async (url) => opened.push(url);
        await on_click({renew: true});
        delete self.clients.openWindow;
        return opened;
      });
      await page.goto(origin);
      assert.deepEqual(await click(), [`${origin}/desk/`], "where only the console is open");
      await page.goto(`${origin}/desk/`);
      await eventually("the desk is connected", () => page.$eval("#connection", (e) => e.textContent === "connected"));
      await page.evaluate(() => {
        globalThis.heard = [];
        navigator.serviceWorker.addEventListener("message", (e) => heard.push(e.data.type));
      });
      assert.deepEqual(await click(), [], "where the desk is open");
      await eventually("the desk is told to renew", () => page.evaluate(() => heard.join() === "belfry.renew"));
      for (const [key, value] of Object.entries(kept))
        await stored(page, key, value);
    }],
    ["a click follows no address that is not one of a page", async () => {
      await page.goto(origin);
      const opened = await in_worker(async () => {
        const addresses = [];
        self.clients.openWindow = async (url) => addresses.push(url);
        for (const url of ["javascript:alert(1)", "data:text/html,x", "http://[", undefined])
          await on_click({url, conversation: "c1"});
        delete self.clients.openWindow;
        return addresses;
      });
      assert.deepEqual(opened, Array(4).fill(`${origin}/desk/`));
      await page.goto(`${origin}/desk/`);
    }],
    ["reports a health check without showing anything", async () => {
      const check = await eventually("a check begins", async () => begun);
      await push_until(sealed({kind: "health_check", check, at: Date.now()}, subscription),
        async () => (await belfry.subscriptions())[0].state === "healthy");
      assert.deepEqual(await shown(page), []);
    }],
    ["a check that two tabs tell of is waited for once, whether its push comes after them, between or before", async () => {
      const renewals = await in_worker(async (id) => {
        const [renew_really, report_really] = [renew, report];
        const renewed = [];
        renew = async (replaces) => renewed.push(replaces);
        report = async () => undefined;
        const begins = (check) => await_check({subscription: id, check, timeoutMillis: 300});
        const orders = [
          (check) => [begins(check), begins(check), on_check(check)],
          (check) => [begins(check), on_check(check), begins(check)],
          (check) => [on_check(check), begins(check), begins(check)],
        ];
        await Promise.all(orders.flatMap((order, i) => order(`arrives ${i}`)));
        const arrived = renewed.length;
        await Promise.all([begins("lost"), begins("lost")]);
        [renew, report] = [renew_really, report_really];
        return [arrived, renewed];
      }, subscription.id);
      assert.deepEqual(renewals, [0, [subscription.id]]);
    }],
    ["the desk is usable at phone width, by keyboard", async () => {
      await page.setViewport({width: 360, height: 740, isMobile: true, hasTouch: true});
      await page.reload();
      await eventually("the desk is connected", () => page.$eval("#connection", (e) => e.textContent === "connected"));
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth));
      await keep_screenshot(page, screenshots, "chromium-desk-phone");
      await page.focus("#say-form input");
      await page.keyboard.press("Enter");
      await eventually("a toast", () => page.$eval("#log", (e) => e.textContent.includes("new_message: Vera Visitor")));
    }],
    ["the console says how the server is and why somebody was told", async () => {
      await page.goto(origin);
      await eventually("it is ready", () => page.$eval("#ready", (e) => e.textContent === "ready"));
      assert.equal(await page.$eval("#alarms", (e) => e.textContent), "none");
      assert.match(await page.$eval("#channels tr:last-child", (e) => [...e.cells].map((c) => c.textContent).join(" ")),
        /^WEB_PUSH \d+ \d+ 0 [1-9]\d* 0$/);
      await page.type("#trace-form [name=person]", "ada");
      await page.select("#trace-form [name=kind]", "new_message");
      await page.focus("#trace-form button");
      await page.keyboard.press("Enter");
      await eventually("the trace", () => page.$eval("#traces", (e) => /new_message.*ada.*desk-ada.*WEB_PUSH/s.test(e.textContent)));
      await page.$eval("#trace-form [name=person]", (e) => (e.value = "nobody"));
      await page.click("#trace-form button");
      await eventually("nothing of nobody", () => page.$eval("#found", (e) => e.textContent.startsWith("Nothing")));
      await page.click("#refresh");
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth));
      await keep_screenshot(page, screenshots, "chromium-console-phone");
      await page.setViewport({width: 1280, height: 900});
      await page.goto(origin);
      await eventually("the trace", () => page.$eval("#traces", (e) => e.textContent.includes("new_message")));
      await keep_screenshot(page, screenshots, "chromium-console");
    }],
    ["the console asks for a token where there are any", async () => {
      const hash = createHash("sha256").update("letmein").digest("hex");
      const guarded = await start_belfry(program, {"http.tokens": JSON.stringify([{name: "operator", role: "read", sha256: hash}])});
      try {
        await page.goto(guarded.url);
        await page.waitForSelector("#sign-in:not([hidden])");
        await page.type("#sign-in input", "wrong");
        await page.keyboard.press("Enter");
        await eventually("it says so", () => page.$eval("#problems", (e) => e.textContent.includes("does not know")));
        await page.$eval("#sign-in input", (e) => (e.value = "letmein"));
        await page.focus("#sign-in input");
        await page.keyboard.press("Enter");
        await eventually("it is ready", () => page.$eval("#ready", (e) => e.textContent === "ready"));
      } finally {
        await guarded.stop();
      }
      await page.goto(`${origin}/desk/`);
    }],
    ["why a worker cannot be installed is told apart", async () => {
      const codes = (target, workers) => target.evaluate(async (all) => {
        const {connect} = await import("/web-push/belfry.js");
        const found = [];
        for (const [worker, scope] of all) {
          const belfry = connect({person: "ada", worker, scope});
          found.push(await belfry.subscribe().catch((x) => x.code));
          belfry.close();
        }
        return found;
      }, workers);
      // A page without a worker of its own.
      const elsewhere = await start_belfry(program, {});
      try {
        await browser.defaultBrowserContext().overridePermissions(elsewhere.url, ["notifications"]);
        await page.goto(`${elsewhere.url}/desk/`);
        assert.deepEqual(await codes(page, [
          [`${origin}/web-push/belfry-worker.js`, "/"],
          ["/nothing.js", "/"],
          ["/desk/", "/"],
          ["/desk", "/"],
          ["/web-push/belfry.js", "/"],
        ]), ["worker_other_origin", "worker_not_found", "worker_wrong_type", "worker_not_found", "worker_scope_refused"]);
        const unseen = await browser.createBrowserContext();
        await unseen.overridePermissions(elsewhere.url, ["notifications"]);
        const hidden = await unseen.newPage();
        await hidden.goto(`${elsewhere.url}/desk/`);
        assert.deepEqual(await codes(hidden, [["/web-push/belfry-worker.js", "/"]]), ["private_window"]);
        await unseen.close();
      } finally {
        await elsewhere.stop();
      }
      await page.goto(`${origin}/desk/`);
    }],
    ["what is missing is said in words", async () => {
      await browser.defaultBrowserContext().overridePermissions(origin, []);
      const lacks = await page.evaluate(async () => {
        const {check_prerequisites} = await import("/web-push/belfry.js");
        return (await check_prerequisites()).missing.map((m) => m.code);
      });
      assert.deepEqual(lacks, ["permission_denied"]);
    }],
  ]);
} catch (x) {
  failed = x;
  await keep_screenshot(page, screenshots, "chromium-failed").catch(() => undefined);
} finally {
  socket.close();
  await browser.close();
  await belfry.stop();
  sink.close();
}
if (failed) {
  console.log("failed");
  console.error(failed);
  process.exit(1);
}
