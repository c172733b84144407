// Web push in a real Firefox: node firefox_test.mjs BELFRY SCREENSHOTS
import assert from "node:assert/strict";
import puppeteer from "puppeteer-core";
import {start_push_service} from "./push_service.mjs";
import {eventually, keep_screenshot, lose_stored, run, shown, sign_in, start_belfry, stored} from "./support.mjs";

const [program, screenshots] = process.argv.slice(2);
const service = await start_push_service();
const belfry = await start_belfry(program, {
  "webPush.healthCheckInterval": "3s",
  "webPush.subscriptionRetryInterval": "300ms",
  "webPush.healthCheckTimeout": "2s",
  "webPush.unencryptedDefaultNotificationTitle": "Something new",
});
const firefox = (preferences = {}) => puppeteer.launch({
  browser: "firefox",
  executablePath: "/usr/bin/firefox-esr",
  headless: true,
  extraPrefsFirefox: {
    "dom.push.connection.enabled": true,
    "dom.push.serverURL": service.address,
    "dom.push.testing.allowInsecureServerURL": true,
    "dom.push.testing.ignorePermission": true,
    "permissions.default.desktop-notification": 1,
    "dom.webnotifications.requireuserinteraction": false,
    "alerts.useSystemBackend": false,
    ...preferences,
  },
});
const browser = await firefox();
/** Waits until each of these subscriptions passed two more checks, and none came or went meanwhile. */
async function stay_healthy(ids) {
  const proofs = new Map(ids.map((id) => [id, new Set()]));
  await eventually("two more checks passed", async () => {
    for (const s of await belfry.subscriptions())
      proofs.get(s.id)?.add(s.lastProvenAt);
    return [...proofs.values()].every((times) => times.size > 2);
  }, 30000);
  assert.deepEqual((await belfry.subscriptions()).map((s) => s.id).sort(), [...ids].sort());
}
let failed;
let page;
try {
  page = await browser.newPage();
  let first;
  await run([
    ["subscribes by a click", async () => {
      await sign_in(page, belfry.url);
      await page.click("#allow");
      [first] = await eventually("a subscription", async () => {
        const list = await belfry.subscriptions();
        return list.length === 1 && list;
      });
      assert.equal(first.host, "127.0.0.1");
    }],
    ["passes a health check without showing anything", async () => {
      await eventually("healthy", async () => (await belfry.subscriptions())[0].state === "healthy");
      assert.deepEqual(await shown(page), []);
      await keep_screenshot(page, screenshots, "firefox-desk");
    }],
    ["shows what was sealed for it", async () => {
      await belfry.say("Hello from Vera");
      const [one] = await eventually("a notification", async () => {
        const list = await shown(page);
        return list.length === 1 && list;
      });
      assert.equal(one.title, "Vera Visitor");
      assert.equal(one.body, "Hello from Vera");
      assert.equal(one.tag, "messages:desk-ada");
      assert.ok(service.pushes.every((p) => p.status === 201));
    }],
    ["replaces it under its tag", async () => {
      await belfry.say("And once more");
      await eventually("one notification with the newer text", async () => {
        const list = await shown(page);
        return list.length === 1 && list[0].body === "And once more" && list[0].title === "Vera Visitor (2)";
      });
    }],
    ["takes it back when it was read", async () => {
      await belfry.call("POST", "/v1/events", {type: "message.read", conversation: "desk-ada", person: "ada"});
      await eventually("nothing is shown", async () => (await shown(page)).length === 0);
    }],
    ["shows the default title for what it cannot open", async () => {
      const known = await stored(page, "subscription");
      await stored(page, "subscription", {...known, secret: "A".repeat(43)});
      await belfry.say("You cannot read this");
      const [one] = await eventually("a notification", async () => {
        const list = await shown(page);
        return list.length === 1 && list;
      });
      assert.equal(one.title, "Something new");
      assert.ok(!one.body);
      await stored(page, "subscription", known);
    }],
    ["a check of one browser is no matter of the agent's other one", async () => {
      const other = await firefox();
      try {
        const second = await other.newPage();
        await sign_in(second, belfry.url);
        await second.click("#allow");
        const both = await eventually("two subscriptions", async () => {
          const list = await belfry.subscriptions();
          return list.length === 2 && list.every((s) => s.state === "healthy") && list;
        });
        await stay_healthy(both.map((s) => s.id));
        const own = await stored(second, "subscription");
        await second.click("#stop");
        await eventually("one is left", async () => (await belfry.subscriptions()).length === 1);
        assert.notEqual(own.id, first.id);
      } finally {
        await other.close();
      }
    }],
    ["says so when the browser's push service cannot be reached", async () => {
      const cut_off = await firefox({"dom.push.connection.enabled": false});
      try {
        const second = await cut_off.newPage();
        await sign_in(second, belfry.url);
        await second.click("#allow");
        await eventually("words", () => second.$eval("#problems", (e) => e.textContent.includes("cannot reach its push service")));
      } finally {
        await cut_off.close();
      }
    }],
    ["subscribes anew when a health check is lost", async () => {
      service.lose(true);
      const renewed = await eventually("another subscription", async () => {
        const list = await belfry.subscriptions();
        return list.length === 1 && list[0].id !== first.id && list;
      }, 30000);
      service.lose(false);
      await eventually("healthy again", async () => (await belfry.subscriptions())[0].state === "healthy", 30000);
      assert.equal(renewed.length, 1);
    }],
    ["is repaired by loading the page after the server lost the subscription", async () => {
      const [{id}] = await belfry.subscriptions();
      await belfry.call("DELETE", `/v1/persons/ada/web-push-subscriptions/${id}`);
      await page.reload();
      await eventually("a subscription", async () => (await belfry.subscriptions()).length === 1);
    }],
    ["is repaired by loading the page after the browser lost its data", async () => {
      await eventually("a record", () => stored(page, "subscription"));
      await lose_stored(page);
      await page.reload();
      const known = await eventually("the record again", () => stored(page, "subscription"));
      assert.deepEqual((await belfry.subscriptions()).map((s) => s.id), [known.id]);
      await belfry.say("Can you read again?");
      await eventually("what was said is shown", async () => (await shown(page)).some((n) => n.body === "Can you read again?"));
      const script = await page.evaluate(async () =>
        (await navigator.serviceWorker.getRegistration("/")).active.scriptURL);
      assert.equal(new URL(script).searchParams.get("desk"), `${belfry.url}/desk/`);
    }],
    ["a page that stays open changes to a new key of the server", async () => {
      const [{id}] = await belfry.subscriptions();
      // No check is under way, which would be missed and lead to a new subscription too.
      await stay_healthy([id]);
      await belfry.restart({"webPush.privateKey": "AgIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA"});
      await eventually("a healthy subscription of the new key", async () => {
        const list = await belfry.subscriptions();
        return list.length === 1 && list[0].id !== id && list[0].state === "healthy";
      });
    }],
    ["what the push service says is of another key is made anew by loading the page", async () => {
      const [{id}] = await belfry.subscriptions();
      service.mismatch();
      await belfry.say("Of another key?");
      await eventually("renewing", async () => (await belfry.subscriptions())[0].state === "renewing");
      await page.reload();
      await eventually("another one, healthy", async () => {
        const list = await belfry.subscriptions();
        return list.length === 1 && list[0].id !== id && list[0].state === "healthy";
      });
    }],
    ["many tabs and clicks that renew at once leave what the browser has", async () => {
      await eventually("the desk is connected", () => page.$eval("#connection", (e) => e.textContent === "connected"));
      await page.evaluate(async () => {
        const {connect} = await import("/web-push/belfry.js");
        const tabs = Array.from({length: 4}, () => connect({person: "ada", desk: "/desk/"}));
        // The worker tells all tabs of a click; some have just been loaded.
        for (let i = 0; i < 3; ++i)
          navigator.serviceWorker.dispatchEvent(new MessageEvent("message", {data: {type: "belfry.renew"}}));
        await Promise.all(tabs.map((tab) => tab.subscribe()));
        await navigator.locks.request("belfry.subscription", () => tabs.forEach((tab) => tab.close()));
      });
      await eventually("one subscription, the browser's, healthy", async () => {
        const [known, list] = [await stored(page, "subscription"), await belfry.subscriptions()];
        return list.length === 1 && list[0].id === known.id && list[0].state === "healthy";
      });
      assert.equal(service.subscriptions(), 1);
      await belfry.say("After all that");
      await eventually("what was said is shown", async () => (await shown(page)).some((n) => n.body === "After all that"));
    }],
    ["ends the subscription", async () => {
      await eventually("the desk is connected", () => page.$eval("#connection", (e) => e.textContent === "connected"));
      await page.click("#stop");
      await eventually("no subscription", async () => (await belfry.subscriptions()).length === 0);
    }],
  ]);
} catch (x) {
  failed = x;
  await keep_screenshot(page, screenshots, "firefox-failed").catch(() => undefined);
} finally {
  await browser.close();
  await belfry.stop();
  service.stop();
}
if (failed) {
  console.log("failed");
  console.error(failed);
  process.exit(1);
}
