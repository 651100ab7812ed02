"use strict";
// The list of findings: filtered, sorted, a page at a time. Everything that comes from the findings becomes text by
// textContent; there is no other way in here.
(() => {
  const OF_PAGE = 50;
  const BREATHER_MS = 40;
  const id = (name) => document.getElementById(name);

  const element = (tag, className, text) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const number = (count) => count.toLocaleString("en-US", { maximumFractionDigits: 6 });

  // What the page carries is compressed, and in base64.
  const unpack = async (script) => {
    const letters = atob(script.textContent);
    const bytes = new Uint8Array(letters.length);
    for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
  };

  const packed = [...document.querySelectorAll("script.block")];
  const blocks = [];
  const block = (n) => (blocks[n] ??= unpack(packed[n]));
  let index;

  /// The texts of a finding.
  const texts = async (finding) => {
    const texts = await block(Math.floor(finding / index.of_block));
    const n = finding % index.of_block;
    return {
      fingerprint: texts.fingerprint[n],
      name: texts.name[n],
      kind: texts.kind[n],
      arn: texts.arn[n],
      detail: texts.detail[n],
      observed: texts.observed[n],
      remedy: index.remedies[texts.remedy[n]],
    };
  };

  // ---- What is asked for ----

  const controls = {
    search: id("search"),
    severity: id("by-severity"),
    check: id("by-check"),
    account: id("by-account"),
    region: id("by-region"),
    state: id("by-state"),
    sort: id("sort"),
  };
  const COLUMNS = ["severity", "check", "account", "region"];

  const counts = (column, names) => {
    const found = new Array(names).fill(0);
    for (const place of column) if (place !== null) found[place]++;
    return found;
  };

  const offer = (select, names, found, inOrder) => {
    select.replaceChildren(new Option("all", ""));
    const places = [...names.keys()].filter((place) => found[place] > 0);
    if (!inOrder) places.sort((a, b) => (names[a] < names[b] ? -1 : 1));
    for (const place of places) select.add(new Option(`${names[place]} (${number(found[place])})`, String(place)));
  };

  const offerAll = () => {
    const of = { severity: index.severities, check: index.checks, account: index.accounts, region: index.regions };
    for (const name of COLUMNS)
      offer(controls[name], of[name], counts(index[name], of[name].length), name === "severity");
  };

  // The words that each finding is searched for, made when somebody first searches.
  let haystacks;
  let haystacksRead;
  const readHaystacks = () =>
    (haystacksRead ??= (async () => {
      const made = new Array(index.severity.length);
      for (let n = 0; n < packed.length; n++) {
        status(`Reading findings: ${Math.floor((100 * n) / packed.length)} %`);
        const texts = await block(n);
        texts.fingerprint.forEach((fingerprint, i) => {
          const finding = n * index.of_block + i;
          const words = [
            texts.name[i], texts.arn[i], texts.detail[i], fingerprint, JSON.stringify(texts.observed[i]),
            index.titles[index.title[finding]], index.checks[index.check[finding]],
            index.accounts[index.account[finding]], index.regions[index.region[finding]],
          ];
          made[finding] = words.join("\n").toLowerCase();
        });
        await new Promise((done) => setTimeout(done));
      }
      haystacks = made;
    })());

  const names = async () => {
    const all = [];
    for (let n = 0; n < packed.length; n++) all.push(...(await block(n)).name);
    return all;
  };

  const order = async (chosen) => {
    const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
    const named = (column, all) => (f) => (column[f] === null ? "" : all[column[f]]);
    const bySeverity = (f) => index.severity[f];
    const keys = {
      severity: bySeverity,
      check: named(index.check, index.checks),
      account: named(index.account, index.accounts),
      region: named(index.region, index.regions),
      cost: (f) => -(index.cost[f] ?? -1),
    };
    let key = keys[controls.sort.value];
    if (controls.sort.value === "name") {
      const all = await names();
      key = (f) => all[f];
    }
    const sorted = chosen.map((f) => [key(f), index.severity[f], f]);
    sorted.sort((a, b) => compare(a[0], b[0]) || a[1] - b[1] || a[2] - b[2]);
    return sorted.map((row) => row[2]);
  };

  const clear = () => {
    controls.search.value = "";
    for (const name of [...COLUMNS, "state", "sort"]) controls[name].selectedIndex = 0;
  };

  const choose = async () => {
    const wanted = COLUMNS.filter((name) => controls[name].value !== "");
    const words = controls.search.value.toLowerCase().split(/\s+/).filter((word) => word !== "");
    if (words.length > 0) await readHaystacks();
    const chosen = [];
    for (let f = 0; f < index.severity.length; f++) {
      const state = index.exception[f] === null ? "open" : "accepted";
      if (controls.state.value !== "" && controls.state.value !== state) continue;
      if (!wanted.every((name) => index[name][f] === Number(controls[name].value))) continue;
      if (!words.every((word) => haystacks[f].includes(word))) continue;
      chosen.push(f);
    }
    return order(chosen);
  };

  // ---- What is shown ----

  const status = (words) => {
    id("found").textContent = words;
  };

  const showValue = (value) => {
    if (Array.isArray(value)) {
      const list = element("ul");
      for (const entry of value) {
        const item = element("li");
        item.append(showValue(entry));
        list.append(item);
      }
      return list;
    }
    if (value !== null && typeof value === "object") return showFacts(value);
    return element("bdi", "", typeof value === "number" ? number(value) : String(value));
  };

  const showFacts = (facts) => {
    const list = element("dl");
    for (const [name, value] of Object.entries(facts)) {
      if (value === null || (Array.isArray(value) && value.length === 0)) continue;
      const term = element("dt");
      term.append(element("bdi", "", name.replaceAll("_", " ")));
      const description = element("dd");
      description.append(showValue(value));
      list.append(term, description);
    }
    return list;
  };

  const place = (finding) => {
    const account = index.account[finding];
    const region = index.region[finding];
    const names = [account === null ? "configuration" : index.accounts[account]];
    if (region !== null) names.push(index.regions[region]);
    return names.join(" · ");
  };

  const paragraph = (label, ...content) => {
    const made = element("p");
    made.append(element("strong", "", `${label}: `), ...content);
    return made;
  };

  const body = (finding, texts) => {
    const made = element("div", "body");
    const detail = element("p");
    detail.append(element("bdi", "", texts.detail));
    made.append(detail);
    if (index.exception[finding] !== null)
      made.append(paragraph("Accepted", element("bdi", "", index.exceptions[index.exception[finding]])));
    made.append(paragraph("Remedy", element("bdi", "", texts.remedy)));
    made.append(paragraph("Resource", `${texts.kind} `, element("bdi", "arn", texts.arn)));
    if (Object.keys(texts.observed).length > 0) made.append(element("h4", "", "Observed"), showFacts(texts.observed));
    const link = element("a", "", "Link to this finding");
    link.href = `#f-${texts.fingerprint}`;
    made.append(paragraph("Fingerprint", element("code", "", texts.fingerprint), " ", link));
    return made;
  };

  const row = async (finding) => {
    const its = await texts(finding);
    const item = element("li");
    item.id = `f-${its.fingerprint}`;
    const details = element("details", "finding");
    const summary = element("summary");
    const severity = index.severities[index.severity[finding]];
    const cost = index.cost[finding];
    summary.append(
      element("span", `severity ${severity}`, severity), " ",
      element("bdi", "name", its.name), " ",
      element("span", "title", index.titles[index.title[finding]]), " ",
      element("span", "place", place(finding)),
    );
    if (cost !== null) summary.append(" ", element("span", "cost", `$${cost.toFixed(2)} a month`));
    details.append(summary);
    details.addEventListener("toggle", () => {
      if (details.open && details.childElementCount === 1) details.append(body(finding, its));
    });
    item.append(details);
    return item;
  };

  let shown = [];
  let page = 0;
  // Only the last of several requests is answered.
  let turn = 0;

  const pages = () => Math.max(1, Math.ceil(shown.length / OF_PAGE));

  const showPage = async (mine) => {
    const of = shown.slice(page * OF_PAGE, (page + 1) * OF_PAGE);
    const rows = await Promise.all(of.map(row));
    if (mine !== turn) return;
    id("rows").start = page * OF_PAGE + 1;
    id("rows").replaceChildren(...rows);
    id("page").textContent = `Page ${number(page + 1)} of ${number(pages())}`;
    id("previous").disabled = page === 0;
    id("next").disabled = page + 1 >= pages();
    const all = index.severity.length;
    const left = index.left_out > 0 ? ` ${number(index.left_out)} less severe ones are only in report.json.` : "";
    status(`${number(shown.length)} of ${number(all)} ${all === 1 ? "finding" : "findings"}.${left}`);
    id("list").setAttribute("aria-busy", "false");
  };

  const update = async (at = 0) => {
    const mine = ++turn;
    id("list").setAttribute("aria-busy", "true");
    const chosen = await choose();
    if (mine !== turn) return;
    shown = chosen;
    page = at;
    await showPage(mine);
  };

  const turnTo = async (next) => {
    page = next;
    await showPage(++turn);
    id("list-title").scrollIntoView();
  };

  // ---- Deep links ----

  const find = async (fingerprint) => {
    for (let n = 0; n < packed.length; n++) {
      const place = (await block(n)).fingerprint.indexOf(fingerprint);
      if (place >= 0) return n * index.of_block + place;
    }
    return -1;
  };

  const followLink = async () => {
    const fingerprint = /^#f-([0-9a-f]{32})$/.exec(location.hash)?.[1];
    if (fingerprint === undefined) return;
    let item = id(`f-${fingerprint}`);
    if (item === null) {
      const finding = await find(fingerprint);
      if (finding < 0) {
        status("The finding that the link names is not in this report.");
        id("list-title").scrollIntoView();
        return;
      }
      clear();
      controls.state.value = "";
      await update();
      page = Math.floor(shown.indexOf(finding) / OF_PAGE);
      await showPage(++turn);
      item = id(`f-${fingerprint}`);
    }
    const details = item.firstElementChild;
    details.open = true;
    item.scrollIntoView();
    details.firstElementChild.focus({ preventScroll: true });
  };

  // ---- Doors ----

  const listen = () => {
    let waiting;
    controls.search.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(update, BREATHER_MS);
    });
    for (const name of [...COLUMNS, "state", "sort"]) controls[name].addEventListener("change", () => update());
    id("filters").addEventListener("submit", (event) => event.preventDefault());
    // The controls are reset after the event.
    id("filters").addEventListener("reset", () => setTimeout(update));
    id("previous").addEventListener("click", () => turnTo(page - 1));
    id("next").addEventListener("click", () => turnTo(page + 1));
    window.addEventListener("hashchange", followLink);
    for (const button of document.querySelectorAll("button.show")) {
      button.addEventListener("click", async () => {
        const { check, severity } = button.closest("details").dataset;
        clear();
        controls.check.value = String(index.checks.indexOf(check));
        controls.severity.value = String(index.severities.indexOf(severity));
        await update();
        id("list-title").scrollIntoView();
        controls.search.focus({ preventScroll: true });
      });
    }
  };

  // On paper nothing is folded.
  const unfolded = new Set();
  window.addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details:not([open], .numbers, .finding)")) {
      details.open = true;
      unfolded.add(details);
    }
  });
  window.addEventListener("afterprint", () => {
    for (const details of unfolded) details.open = false;
    unfolded.clear();
  });

  const start = async () => {
    if (typeof DecompressionStream === "undefined") throw new Error("this browser is too old for the list of findings");
    index = await unpack(document.querySelector("script.index"));
    offerAll();
    listen();
    for (const part of document.querySelectorAll(".scripted")) part.hidden = false;
    for (const part of document.querySelectorAll(".scriptless")) part.hidden = true;
    await update();
    performance.mark("findings-shown");
    await followLink();
  };

  start().catch((error) => {
    document.querySelector(".scriptless").textContent = `The list cannot be shown: ${error.message}. report.json has it.`;
  });
})();
