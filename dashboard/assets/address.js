/* Links that parts of ours draw: a plain click changes the address without loading the page anew. It stands before the
   parts that use it, as assets are loaded in the order of their names. */
window.turret_follow = function (event) {
  "use strict";
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  window.history.pushState({}, "", event.currentTarget.getAttribute("href"));
  window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
  window.scrollTo(0, 0);
};
