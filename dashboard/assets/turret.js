/* The part of the query that selects two days; null as long as one of them is missing. */
function daysPiece(picked) {
  var [first, last] = picked || [];
  return first && last ? new URLSearchParams({ period: "dates", from: first, to: last }).toString() : null;
}

/* Replace a control's part of a query by another one; empty values are left out. */
function choosePiece(query, keys, piece) {
  for (const name of [...query.keys()]) {
    if (keys.split(",").some((key) => name === key || (key.endsWith(".") && name.startsWith(key)))) query.delete(name);
  }
  for (const [name, value] of new URLSearchParams(piece)) if (value) query.append(name, value);
  return true;
}

/* Mark parts that scroll sideways and have more to the right; the style sheet fades out their edge. */
function markWhatScrolls() {
  for (const part of document.querySelectorAll(".table-scroll, .flow-scroll, .side-inner")) {
    part.classList.toggle("has-more", part.scrollWidth - part.clientWidth - part.scrollLeft > 2);
  }
}

["scroll", "toggle", "resize"].forEach((what) => window.addEventListener(what, markWhatScrolls, { capture: true, passive: true }));

/* On a phone the menu is a row that scrolls: centre the entry of the current page in it. */
function showCurrentEntry() {
  const row = document.querySelector(".side-inner");
  const entry = row && row.querySelector(".is-current");
  if (!entry) return;
  const [outer, inner] = [row.getBoundingClientRect(), entry.getBoundingClientRect()];
  row.scrollLeft += inner.left + inner.width / 2 - outer.left - outer.width / 2;
}

/* An AG Grid table loads after its page, and gets its first size before a listener can be attached. */
function fitGrids() {
  for (const place of document.querySelectorAll("[data-grid]")) {
    window.dash_ag_grid.getApiAsync(place.dataset.grid).then((api) => window.dashAgGridFunctions.TurretFit({ api, clientWidth: place.clientWidth }));
  }
}

/* Callbacks that must run in the browser: the tab's title, the search box of a table, and no refresh while somebody
   fills in a form. */
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

    /* Groups of controls are in the order of dashboard/ui/controls.py, each with the parts of the query that they show.
       A part that differs was just changed by the user. */
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

    /* An action's message stays until the page changes; a secret, which is shown once, until somebody closes it. */
    forgetSaid: function (_pathname, _search) {
      return document.querySelector("#said .secret") ? window.dash_clientside.no_update : null;
    },

    /* A secret is at the top of the page, which may be scrolled down. */
    showSaid: function (_said) {
      window.requestAnimationFrame(function () {
        if (document.querySelector("#said .secret")) window.scrollTo(0, 0);
      });
    },

    /* Topics that are ticked in the table are chosen in the form under it. */
    tickedTopics: function (rows, forms) {
      return forms.map(() => (rows || []).map((row) => row.topic_id));
    },

    quickFilter: function (text, options) {
      return Object.assign({}, options, { quickFilterText: text || "" });
    },
  },
});

/* A page that refreshes with newer numbers would discard what somebody has typed into a form. So once a field of an
   action has the focus, the page does not refresh until the user leaves it. */
document.addEventListener("focusin", function (event) {
  if (event.target.id && event.target.id.includes('"type":"with"')) {
    window.dash_clientside.set_props("heartbeat", { disabled: true });
  }
});

/* If a callback is answered with 401, the sign-in has expired: go to the sign-in page. */
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
