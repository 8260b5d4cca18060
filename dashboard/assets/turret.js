/* The little that has to happen in the browser: the tab's title, the search box of a table, and clicks on the flow. */
window.dash_clientside = Object.assign({}, window.dash_clientside, {
  turret: {
    setTitle: function (shown) {
      if (shown && shown.title) document.title = shown.title;
    },

    quickFilter: function (text, options) {
      return Object.assign({}, options, { quickFilterText: text || "" });
    },

    openTopic: function (click) {
      const topic = click && click.points && click.points[0] && click.points[0].customdata;
      if (typeof topic === "string" && topic) {
        const project = new URLSearchParams(window.location.search).get("project");
        const search = project ? "?" + new URLSearchParams({ project }) : "";
        window.history.pushState({}, "", "/topics/" + encodeURIComponent(topic) + search);
        window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
        window.scrollTo(0, 0);
      }
      return null;
    },
  },
});
