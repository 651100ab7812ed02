// What the tests share: runs of the program, and pages that are watched while they are open.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const HERE = dirname(fileURLToPath(import.meta.url));
const PROGRAM = process.env.KMS_AUDIT_BIN ?? resolve(HERE, "../../target/debug/kms-audit");
const ESTATES = process.env.ESTATES ?? resolve(HERE, "../../fixtures/estates");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

export const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const folder = mkdtempSync(join(tmpdir(), "kms-audit-browser-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** Scans an estate, the one that comes with the program if none is named, and returns the folder of the run. */
export function scan(name, estate, ...flags) {
  const out = join(folder, name);
  const sandbox = estate === undefined ? ["--sandbox"] : ["--sandbox", join(ESTATES, estate)];
  const quick = ["--api-share", "off", "--last-usage-budget", "0s"];
  execFileSync(PROGRAM, ["scan", ...sandbox, ...quick, "--out", out, ...flags], { stdio: ["ignore", "ignore", "inherit"] });
  return out;
}

export const reportOf = (run) => JSON.parse(readFileSync(join(run, "report.json"), "utf8"));

/** Chromium, as it also starts where only root is there. */
export function launch() {
  const quiet = ["no-sandbox", "disable-gpu", "no-first-run", "disable-background-networking", "disable-component-update"];
  const args = [...quiet, "disable-sync"].map((flag) => `--${flag}`);
  return chromium.launch({ executablePath: CHROMIUM, args });
}

/** Opens a page from disk and waits for its list of findings. What it asks for and what it says is in `seen`. */
export async function open(browser, file, { hash = "", scripts = true, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, javaScriptEnabled: scripts, ...options });
  const page = await context.newPage();
  const seen = { requests: [], messages: [], dialogs: 0 };
  page.on("request", (request) => seen.requests.push(request.url()));
  page.on("console", (message) => seen.messages.push(message.text()));
  page.on("pageerror", (error) => seen.messages.push(error.message));
  page.on("dialog", (dialog) => {
    seen.dialogs += 1;
    dialog.dismiss();
  });
  const url = pathToFileURL(file).href;
  await page.goto(url + hash);
  if (scripts) await shown(page);
  return { page, seen, url };
}

/** Waits for the first list of findings. Where a link was followed, more may come. */
export function shown(page) {
  return page.waitForFunction(() => performance.getEntriesByName("findings-shown").length > 0);
}

/** How many findings the list has found. */
export async function found(page) {
  await page.waitForFunction(() => document.getElementById("list").getAttribute("aria-busy") === "false");
  return Number((await page.locator("#found").textContent()).split(" of ")[0].replaceAll(",", ""));
}
