/* The little that has to happen in the browser: the tab's title, the search box of a table, and holding still while
   somebody fills in a form. */
window.dash_clientside = Object.assign({}, window.dash_clientside, {
  turret: {
    pageShown: function (shown) {
      if (shown && shown.title) document.title = shown.title;
      window.dash_clientside.set_props("heartbeat", { disabled: false });
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
