// report.html of an account whose owner types what breaks programs.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { found, launch, open, reportOf, scan } from "./browser.mjs";

let browser;
let run;

before(async () => {
  run = scan("hostile", "hostile-text.toml");
  browser = await launch();
});
after(() => browser?.close());

test("no text of the account runs, leaves its place, or asks for anything", async () => {
  const { page, seen, url } = await open(browser, join(run, "report.html"));
  await page.getByLabel("State").selectOption("");
  const count = await found(page);
  assert.equal(count, reportOf(run).findings.length);
  await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
  await page.waitForFunction((count) => document.querySelectorAll("#rows .body").length === count, count);
  assert.deepEqual(seen, { requests: [url], messages: [], dialogs: 0 });
  const foreign = "iframe, img, object, embed, form:not(#filters), a[href*='//'], a[href^='javascript'], b, u, i, svg [onload]";
  assert.equal(await page.locator(foreign).count(), 0);
  assert.equal(await page.locator("script:not([type])").count(), 1);
});

test("the texts appear as they were typed, and what is invisible in them is seen", async () => {
  const { page } = await open(browser, join(run, "report.html"));
  await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
  await page.locator("#rows .body").first().waitFor();
  const text = await page.evaluate(() => document.body.innerText);
  for (const words of [
    "alias/<script>alert(document.domain)</script>",
    "arn:aws:sts::666677778888:assumed-role/audit/<img src=x onerror=alert(1)>",
    "alias/=cmd|' /C calc'!A0",
    "alias/\\u{200b}zero\\u{200b}width\\u{feff}",
    "justified: class:# forged heading\\u{d}\\u{a}| forged | row |",
  ])
    assert.ok(text.includes(words), words);
  assert.ok(!/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u202a-\u202e]/.test(text));
});

test("a search for markup finds the text", async () => {
  const { page } = await open(browser, join(run, "report.html"));
  await page.getByLabel("Search").fill("<script>alert(document.domain)");
  await page.waitForFunction(() => document.getElementById("found").textContent.startsWith("1 of"));
  assert.equal(await page.locator("#rows .name").textContent(), "alias/<script>alert(document.domain)</script>");
});
