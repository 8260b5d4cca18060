/* The little that has to happen in the browser: the tab's title and the search box of a table. */
window.dash_clientside = Object.assign({}, window.dash_clientside, {
  turret: {
    setTitle: function (shown) {
      if (shown && shown.title) document.title = shown.title;
    },

    quickFilter: function (text, options) {
      return Object.assign({}, options, { quickFilterText: text || "" });
    },
  },
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
