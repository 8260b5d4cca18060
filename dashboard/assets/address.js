/* Links in our own components: a plain click changes the address without reloading the page. Assets are loaded in
   order of name, so this file comes before the components that use it. */
window.turret_follow = function (event) {
  "use strict";
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  window.history.pushState({}, "", event.currentTarget.getAttribute("href"));
  window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
  window.scrollTo(0, 0);
};
