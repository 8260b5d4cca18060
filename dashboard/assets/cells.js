/* Cells of the tables. Everything that people or models wrote is passed to React as text, never as HTML. */
(function () {
  "use strict";
  const h = (...args) => window.React.createElement(...args);
  const numbers = new Intl.NumberFormat("en");
  const sharesWhole = new Intl.NumberFormat("en", { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });

  const follow = window.turret_follow;

  function dot(colour) {
    return colour ? h("span", { className: "dot", style: { backgroundColor: colour }, "aria-hidden": true }) : null;
  }

  function place(label, href, colour, area, mixed, detail, state) {
    const text = h("span", { className: "topic-text", title: label }, h("bdi", null, label));
    if (!href) return h("span", { className: "place" }, text);
    return h(
      "span",
      { className: "topic-cell" },
      h(
        "span",
        { className: "topic-line" },
        h("a", { href, onClick: follow, className: "topic-link" }, dot(colour), text),
        mixed ? h("span", { className: "mixed-mark" }, "mixed") : null,
        state === "kept" || state === "retired" ? h("span", { className: "mixed-mark" }, state) : null,
        detail ? h("span", { className: "mixed-mark", title: detail }, "detail") : null,
      ),
      area ? h("bdi", { className: "topic-area" }, area) : null,
    );
  }

  function share(value) {
    if (value > 0 && value < 0.001) return "<0.1%";
    return sharesWhole.format(value);
  }

  function gap(seconds) {
    if (seconds === null || seconds === undefined) return "";
    const whole = Math.round(seconds);
    if (Math.abs(whole) < 60) return whole + " s";
    if (Math.abs(whole) < 3600) return Math.trunc(whole / 60) + " min";
    if (Math.abs(whole) < 86400) return (whole / 3600).toFixed(1) + " h";
    return (whole / 86400).toFixed(1) + " days";
  }

  function sparkline(counts, colour) {
    const width = 120;
    const height = 28;
    const top = Math.max(0.001, ...counts);
    const step = counts.length > 1 ? width / (counts.length - 1) : width;
    const points = counts.map((number, place) => [place * step, height - 2 - (number / top) * (height - 4)]);
    const line = points.map(([x, y], place) => (place ? "L" : "M") + x.toFixed(1) + " " + y.toFixed(1)).join("");
    return h(
      "svg",
      { className: "sparkline", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img",
        "aria-label": "From " + Math.round(counts[0]) + " to " + Math.round(counts[counts.length - 1]) + ", at most " + Math.round(top) },
      h("path", { d: line + `L${width} ${height}L0 ${height}Z`, fill: colour, fillOpacity: 0.12 }),
      h("path", { d: line, fill: "none", stroke: colour, strokeWidth: 1.5, vectorEffect: "non-scaling-stroke" }),
    );
  }

  window.dashAgGridComponentFunctions = Object.assign(window.dashAgGridComponentFunctions || {}, {
    TurretTopic: ({ data }) => place(data.label, data.href, data.colour, data.area, data.is_mixed, data.detail, data.state),
    TurretMoveFrom: ({ data }) => place(data.source, data.source_href, data.source_colour),
    TurretMoveTo: ({ data }) => place(data.target, data.target_href, data.target_colour),
    TurretCount: ({ value }) => h("span", { className: "number" }, numbers.format(value)),
    TurretSessions: ({ value, data }) =>
      data.sessions_href
        ? h("a", { href: data.sessions_href, onClick: follow, className: "number text-link" }, numbers.format(value))
        : h("span", { className: "number" }, numbers.format(value)),
    TurretFeedback: ({ data }) =>
      data.feedback_href
        ? h("a", { href: data.feedback_href, onClick: follow, className: "number text-link" }, data.feedback)
        : h("span", { className: "number quiet" }, data.feedback),
    TurretGap: ({ value }) => h("span", { className: "number" }, gap(value)),
    TurretChange: ({ data }) => h("span", { className: "number" }, data.change),
    TurretText: ({ data }) => h("span", { className: "quiet" }, data.last_seen),
    TurretQuote: ({ value }) => h("bdi", { className: "quote-cell", dir: "auto", title: value }, value),
    TurretSparkline: ({ value, data }) => sparkline(value, data.colour),
    TurretShare: ({ value, data }) =>
      h(
        "span",
        { className: "share-cell" },
        h("span", { className: "number" }, share(value)),
        h("span", { className: "share-track", "aria-hidden": true },
          h("span", { className: "share-fill", style: { width: 100 * (data.bar === undefined ? value : data.bar) + "%" } })),
      ),
  });

  /* An option in the group of its field: screen readers read the field's name with it, but it is not shown again. */
  window.dashMantineFunctions = Object.assign(window.dashMantineFunctions || {}, {
    turretValue: ({ option }) =>
      h("span", null, h("span", { className: "only-heard" }, option.label.slice(0, -option.word.length)), h("bdi", null, option.word)),
  });

  /* A phone has room for only some of the columns, and a laptop not for all. */
  window.dashAgGridFunctions = Object.assign(window.dashAgGridFunctions || {}, {
    TurretFit: ({ api, clientWidth }) => {
      const isPhone = window.matchMedia("(max-width: 700px)").matches;
      const fits = ({ isOnlyWide, fromWidth }) => (isOnlyWide ? !isPhone : clientWidth >= fromWidth);
      for (const isVisible of [false, true]) {
        const chosen = api.getColumns().filter((column) => {
          const { context } = column.getColDef();
          return context && fits(context) === isVisible;
        });
        api.setColumnsVisible(chosen.map((column) => column.getColId()), isVisible);
      }
    },
  });
})();
