/* The flow chart: bands as SVG; the one under the pointer or with the focus is highlighted and described. All words
   are text, never HTML. */
(function () {
  "use strict";
  const h = (...args) => window.React.createElement(...args);
  const WIDTH = 1000; /* units across; dashboard/journeys/flow/bands.py has the same number */

  function Bands({ height, bands }) {
    return h(
      "svg",
      { className: "bands", viewBox: `0 0 ${WIDTH} ${height}`, preserveAspectRatio: "none", "aria-hidden": true },
      bands.map(({ d, colour, ends, tip, href }) =>
        h("a", { key: ends.join("-"), href, tabIndex: -1, onClick: window.turret_follow },
          h("path", { d, className: colour ? "band" : "band is-quiet", style: colour ? { color: colour } : null,
            "data-from": ends[0], "data-to": ends[1], "data-tip": tip }))),
    );
  }
  window.turret_parts = Object.assign(window.turret_parts || {}, { Bands });

  const tip = document.createElement("div");
  tip.className = "tip";
  tip.setAttribute("aria-hidden", "true");

  function light(picture, box) {
    const bands = picture.querySelector(".bands");
    bands.classList.toggle("is-lit", box !== undefined);
    for (const band of bands.querySelectorAll(".band")) {
      band.classList.toggle("is-lit", box !== undefined && (band.dataset.from === box || band.dataset.to === box));
    }
  }

  function show(part, x, y) {
    if (!tip.parentNode) document.body.appendChild(tip);
    tip.textContent = part.dataset.tip;
    tip.classList.add("is-shown");
    tip.style.left = Math.max(8, Math.min(x + 14, window.innerWidth - tip.offsetWidth - 8)) + "px";
    tip.style.top = (y + 18 + tip.offsetHeight > window.innerHeight ? y - tip.offsetHeight - 12 : y + 18) + "px";
  }

  function part(event) {
    return event.target.closest ? event.target.closest("[data-tip]") : null;
  }

  function hide() {
    tip.classList.remove("is-shown");
    document.querySelectorAll(".flow-picture").forEach((picture) => light(picture));
  }

  function enter(event, x, y) {
    const entered = part(event);
    if (!entered) return hide();
    light(entered.closest(".flow-picture"), entered.dataset.box);
    show(entered, x, y);
  }

  document.addEventListener("mouseover", (event) => enter(event, event.clientX, event.clientY));
  document.addEventListener("mousemove", (event) => { if (part(event)) show(part(event), event.clientX, event.clientY); });
  document.addEventListener("focusin", (event) => {
    const place = event.target.getBoundingClientRect();
    enter(event, place.left, place.top + 34);
  });
  document.addEventListener("click", hide);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
})();
