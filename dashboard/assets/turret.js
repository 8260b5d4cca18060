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
