/* The piece of the address that chooses two days, null as long as one of them is missing. */
function daysPiece(picked) {
  var [first, last] = picked || [];
  return first && last ? new URLSearchParams({ period: "dates", from: first, to: last }).toString() : null;
}

/* Put a piece into a query, in the place of what its control stood for; a value that is empty leaves nothing. */
function choosePiece(query, keys, piece) {
  for (const name of [...query.keys()]) {
    if (keys.split(",").some((key) => name === key || (key.endsWith(".") && name.startsWith(key)))) query.delete(name);
  }
  for (const [name, value] of new URLSearchParams(piece)) if (value) query.append(name, value);
  return true;
}

/* What scrolls sideways says whether there is more of it at its right; the style sheet lets its edge fade out. */
function markWhatScrolls() {
  for (const part of document.querySelectorAll(".table-scroll, .flow-scroll, .side-inner")) {
    part.classList.toggle("has-more", part.scrollWidth - part.clientWidth - part.scrollLeft > 2);
  }
}

["scroll", "toggle", "resize"].forEach((what) => window.addEventListener(what, markWhatScrolls, { capture: true, passive: true }));

/* On a phone the menu is a row that scrolls: the page that is looked at stands in the middle of it. */
function showCurrentEntry() {
  const row = document.querySelector(".side-inner");
  const entry = row && row.querySelector(".is-current");
  if (!entry) return;
  const [outer, inner] = [row.getBoundingClientRect(), entry.getBoundingClientRect()];
  row.scrollLeft += inner.left + inner.width / 2 - outer.left - outer.width / 2;
}

/* A table of AG Grid comes after its page, and has its first size before anybody can listen. */
function fitGrids() {
  for (const place of document.querySelectorAll("[data-grid]")) {
    window.dash_ag_grid.getApiAsync(place.dataset.grid).then((api) => window.dashAgGridFunctions.TurretFit({ api }));
  }
}

/* The little that has to happen in the browser: the tab's title, the search box of a table, and holding still while
   somebody fills in a form. */
window.dash_clientside = Object.assign({}, window.dash_clientside, {
  turret: {
    pageShown: function (shown) {
      if (shown && shown.title) document.title = shown.title;
      window.dash_clientside.set_props("heartbeat", { disabled: false });
      window.requestAnimationFrame(function () {
        showCurrentEntry();
        markWhatScrolls();
        fitGrids();
      });
    },

    /* The groups of controls come in the order of dashboard/ui/controls.py, each with the pieces that they show; what
       differs from those was chosen by somebody just now. */
    choose: function (pieces, days, switches, links, shown, shownDays, shownSwitches, shownLinks) {
      var inputs = window.dash_clientside.callback_context.inputs_list;
      var link = links.findIndex((href, place) => href && href !== shownLinks[place]);
      if (link >= 0) return links[link];
      var query = new URLSearchParams(window.location.search);
      var changed = [
        [pieces.map((piece) => [].concat(piece || []).join("&")), shown],
        [days.map(daysPiece), shownDays],
        [switches.map((isOn) => (isOn ? "compare=before" : "")), shownSwitches],
      ].map(([said, before], group) =>
        said.map((piece, place) => piece !== null && piece !== before[place] && choosePiece(query, inputs[group][place].id.keys, piece))
      );
      if (!changed.flat().some(Boolean)) return window.dash_clientside.no_update;
      query.delete("page");
      return window.location.pathname + "?" + query;
    },

    /* What an action says stays while one is on the page; a secret, which is shown once, until somebody closes it. */
    forgetSaid: function (_pathname, _search) {
      return document.querySelector("#said .secret") ? window.dash_clientside.no_update : null;
    },

    /* A secret stands above the page, which may be scrolled away from it. */
    showSaid: function (_said) {
      window.requestAnimationFrame(function () {
        if (document.querySelector("#said .secret")) window.scrollTo(0, 0);
      });
    },

    quickFilter: function (text, options) {
      return Object.assign({}, options, { quickFilterText: text || "" });
    },
  },
});

/* A page with newer numbers would be laid out anew under the hands of whoever fills in a form on it, and what they have
   written would be gone: from the first touch of a field that belongs to an action, nothing newer is looked for until
   the page is another. */
document.addEventListener("focusin", function (event) {
  if (event.target.id && event.target.id.includes('"type":"with"')) {
    window.dash_clientside.set_props("heartbeat", { disabled: true });
  }
});

/* A callback that is answered with 401 means that the sign-in has ended: the page goes where one signs in again. */
(function () {
  var ask = window.fetch;
  window.fetch = function () {
    return ask.apply(this, arguments).then(function (answer) {
      if (answer.status === 401 && new URL(answer.url, location.href).origin === location.origin) {
        location.assign("/sign-in?to=" + encodeURIComponent(location.pathname + location.search));
      }
      return answer;
    });
  };
})();
