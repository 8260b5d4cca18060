/* Finds the controls of a page by its DOM, and says of each where it may be pressed and what it shows. */
(() => {
  "use strict";
  const SEMANTIC =
    "a[href], button, summary, input, select, textarea, [role=tab], [role=option], [role=menuitem], " +
    "[role=switch], [role=radio], [role=checkbox], [role=button], [onclick]";
  const REST_MS = 80; /* between a press and the request that it causes, and between two requests */
  const crawl = { pending: 0, asked: 0, copied: 0, busyAt: 0 };
  window.crawl = crawl;
  const note = () => { crawl.busyAt = performance.now(); };
  for (const name of ["pushState", "replaceState"]) {
    const go = history[name];
    history[name] = function (...args) { note(); return go.apply(this, args); };
  }
  for (const name of ["popstate", "click", "input", "_dashprivate_pushstate"]) window.addEventListener(name, note, true);

  const fetch = window.fetch;
  window.fetch = (...args) => {
    crawl.pending += 1;
    crawl.asked += 1;
    return fetch(...args).finally(() => { crawl.pending -= 1; note(); });
  };
  for (const name of ["write", "writeText"]) {
    const write = navigator.clipboard && navigator.clipboard[name];
    if (write) navigator.clipboard[name] = (...args) => { crawl.copied += 1; return write.apply(navigator.clipboard, args); };
  }

  /* A switch or radio button is drawn by its label; its input lies unseen. */
  const face = (part) => {
    const style = getComputedStyle(part);
    const box = part.getBoundingClientRect();
    const isUnseen = style.opacity === "0" || style.clipPath !== "none" || box.width < 2 || box.height < 2;
    return part.matches("input") && isUnseen && part.labels && part.labels.length ? part.labels[0] : part;
  };
  const canBeScrolledTo = (part) => {
    for (let at = part.parentElement; at && at !== document.body; at = at.parentElement) {
      if (at.scrollWidth > at.clientWidth + 1 && getComputedStyle(at).overflowX !== "visible") return true;
    }
    return false;
  };
  const isVisible = (part) =>
    part.checkVisibility({ visibilityProperty: true }) &&
    [...part.getClientRects()].some((box) => box.width > 1 && box.height > 1 && (box.right > 0 || canBeScrolledTo(part)));
  const isOff = (part) =>
    part.disabled || part.closest(".js-plotly-plot") || part.dataset.disabled || part.getAttribute("aria-disabled") === "true" || !!part.closest("[aria-hidden=true], [inert]");
  const isPointed = (part) =>
    getComputedStyle(part).cursor === "pointer" && (!part.parentElement || getComputedStyle(part.parentElement).cursor !== "pointer");

  const classes = (part) =>
    [...part.classList].filter((name) => !/^(mantine-|is-|has-|js-|ag-|m_|.*\d{3})/.test(name)).join(".");
  const hrefPattern = (part) => {
    if (!part.getAttribute("href")) return "";
    const url = new URL(part.href.baseVal ?? part.href, location.href);
    const parts = url.pathname.split("/");
    const kept = /^\/(topics|sessions|users)\//.test(url.pathname) ? [parts[0], parts[1], "*"] : parts;
    const here = new URLSearchParams(location.search);
    return kept.join("/") + "?" + [...url.searchParams.keys()].filter((key) => !here.has(key)).sort().join("&");
  };
  const ownName = (part) => {
    if (part.closest("[data-portal] table")) return ""; /* days of a calendar */
    const label = part.labels && part.labels.length ? part.labels[0].textContent : "";
    const id = part.id.startsWith("{") ? JSON.parse(part.id) : {};
    const opener = part.matches("[role=option]") ? document.activeElement.getAttribute("aria-label") || document.activeElement.id : "";
    return [opener, id.action, id.name, part.getAttribute("aria-label"), part.matches("input:not([type=radio])") ? label : "",
      (part.closest("[col-id]") || { getAttribute: () => "" }).getAttribute("col-id"),
      (part.closest("[role=radiogroup][aria-label]") || { getAttribute: () => "" }).getAttribute("aria-label"),
      part.matches("button, [role=tab]") || (part.matches("summary") && !part.closest("table")) ? part.textContent.slice(0, 30) : ""]
      .filter(Boolean).join("/");
  };
  /* What controls that are alike have in common: where they stand, what they do, and where they lead. */
  const kindOf = (part) => {
    const place = [];
    for (let at = part; at && at.id !== "page" && at !== document.body; at = at.parentElement) {
      place.push(at.tagName.toLowerCase() + (classes(at) && "." + classes(at)));
      if (at.dataset.portal) break;
    }
    const isOfPage = !part.matches("a[href]") && part.closest("#page, [data-portal]");
    const path = location.pathname.replace(/^\/(topics|sessions|users)\/.*/, "/$1/*");
    return (isOfPage ? path + " " : "") + place.reverse().slice(-7).join(" ") + " " + ownName(part) + " > " + hrefPattern(part);
  };

  crawl.find = () => {
    const semantic = [...document.querySelectorAll(SEMANTIC)];
    const drawn = [...document.querySelectorAll("body *")].filter(
      (part) => isPointed(part) && !part.matches("label, html, body") && !part.closest(SEMANTIC) && !part.querySelector(SEMANTIC),
    );
    const found = [...semantic, ...drawn].filter((part) => isVisible(face(part)) && !isOff(part) && part.type !== "hidden");
    const counts = {};
    crawl.parts = {};
    return found.map((part) => {
      const kind = kindOf(part);
      const number = (counts[kind] = (counts[kind] ?? -1) + 1);
      crawl.parts[kind + "#" + number] = part;
      return {
        kind, number,
        words: (part.getAttribute("aria-label") || part.textContent || part.title || part.name || "").trim().slice(0, 60),
        tag: part.tagName.toLowerCase(),
        type: part.type || part.getAttribute("role") || "",
        leadsTo: hrefPattern(part),
        href: part.getAttribute("href") ? new URL(part.href.baseVal ?? part.href, location.href).href : null,
        isOfFrame: part.closest(".side, .bar") !== null,
        isLaidOver: part.closest("[data-portal]") !== null,
        isCurrent: part.href === location.href || part.checked === true && part.type === "radio"
          || part.getAttribute("aria-selected") === "true" || part.hasAttribute("data-checked"),
      };
    });
  };

  /* The place at which a control is pressed, after it was scrolled to, and why it cannot be pressed there. */
  crawl.place = (kind, number) => {
    const part = crawl.parts[kind + "#" + number];
    if (!part || !part.isConnected) return { problem: "is gone" };
    crawl.pressed = part;
    const shown = face(part);
    shown.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    const box = [...shown.getClientRects()].find((each) => each.width > 1 && each.height > 1);
    if (!box) return { problem: "has no size" };
    let [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    const isHit = (at, up) => {
      const hit = document.elementFromPoint(at, up);
      return hit && (shown.contains(hit) || part.contains(hit) || (hit.closest("label") && hit.closest("label").control === part) ||
        (hit.closest("a, button, summary") && part.contains(hit.closest("a, button, summary"))));
    };
    const curve = part.querySelector("path.band");
    if (curve) {
      /* The middle of the box around a curve may lie beside the curve, or under another one. */
      const [places, back] = [[0.03, 0.25, 0.5, 0.75, 0.97], curve.getScreenCTM().inverse()];
      const found = places.flatMap((right) => places.map((down) => [box.left + right * box.width, box.top + down * box.height]))
        .find(([at, up]) => curve.isPointInFill(new DOMPoint(at, up).matrixTransform(back)) && isHit(at, up));
      if (found) [x, y] = found;
    }
    const hit = document.elementFromPoint(x, y);
    let problem = null;
    if (!isHit(x, y)) {
      problem = "is covered by " + (hit ? hit.tagName.toLowerCase() + "." + hit.getAttribute("class") + " «" + hit.textContent.slice(0, 40) + "»" : "nothing, it lies outside the window");
    } else if (box.width < innerWidth && !part.closest("svg") && (box.left < -1 || box.right > innerWidth + 1)) {
      problem = `is cut off: from ${Math.round(box.left)} to ${Math.round(box.right)} px of ${innerWidth}`;
    }
    return { x, y, problem };
  };

  /* What cannot be pressed of all controls, or of those of some kinds. */
  crawl.places = (only) => {
    const kinds = Object.keys(crawl.parts).filter((key) => !only || only.includes(key.slice(0, key.lastIndexOf("#"))));
    const before = scrollY;
    const found = kinds.map((key) => {
      const cut = key.lastIndexOf("#");
      const { problem } = crawl.place(key.slice(0, cut), +key.slice(cut + 1));
      return problem && `${key} ${problem}`;
    }).filter(Boolean);
    scrollTo(0, before);
    return found;
  };

  const STATES = ["aria-expanded", "aria-checked", "aria-selected", "aria-sort", "open", "data-active", "data-checked"];
  crawl.state = () => {
    const states = [...document.querySelectorAll(STATES.map((name) => `[${name}]`).join(","))]
      .map((part) => STATES.map((name) => part.getAttribute(name)).join());
    const inputs = [...document.querySelectorAll("input, textarea")].map((part) => part.value + part.checked);
    const focus = document.activeElement && document.activeElement.matches("input:not([type=radio]):not([type=checkbox]), textarea") ? document.activeElement.id + document.activeElement.name : "";
    return [location.href, document.title, document.body.innerText, states, inputs, focus, crawl.copied,
      document.documentElement.dataset.mantineColorScheme].join("|");
  };
  const isMoving = () =>
    document.getAnimations().some((each) => each.playState === "running" && each.effect.getComputedTiming().iterations !== Infinity);
  const isAwaited = () => document.querySelector("[data-grid]:not(:has(.ag-header-cell)), .dash-graph--pending") !== null;
  crawl.isQuiet = () =>
    !isAwaited() &&
    !isMoving() &&
    crawl.pending === 0 && performance.now() - crawl.busyAt > REST_MS && document.querySelector("#page h1, .door h1, #page .notice") !== null && document.querySelector("[data-dash-is-loading]") === null;
  /* While links are held they change the address, and the page stays as it is. */
  for (const name of ["popstate", "_dashprivate_pushstate"]) {
    window.addEventListener(name, (event) => { if (crawl.isHeld) event.stopImmediatePropagation(); }, true);
  }
  crawl.goTo = (href) => {
    if (!document.querySelector("#page")) return location.assign(href);
    history.pushState({}, "", href);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
  };
  crawl.hasChanged = () =>
    crawl.state() !== crawl.before || (document.activeElement === crawl.pressed && crawl.pressed.matches("input, textarea"));
})();
