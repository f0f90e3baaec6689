// Cells, cards and filters of the fleet page. Every word comes from the server; only relative times are worded here,
// by the browser's own Intl in the document's language.
(function () {
  "use strict";

  const functions = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});
  const components = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  const h = (...parts) => window.React.createElement(...parts);

  const CARD_WIDTH = 640;
  const CARD_HEIGHT = 152;
  const ROW_HEIGHT = 52;
  const HEADER_HEIGHT = 40;
  const CHANNELS = ["ph", "ec", "water"];
  // Columns that are never seen; groups are sorted, and places filtered, by them.
  const FILTERED = ["site", "zone", "crop"];
  const STATES = ["out", "suspect", "silent", "no-data", "unjudged", "in", "history"];
  // What is chosen where devices without a site, zone or crop are wanted; see app/pages/fleet/refresh.py.
  const NOWHERE = "-";
  const MARKS = { low: "▼", high: "▲", suspect: "?", missing: "–" };
  const SPARK = { width: 56, height: 22, edge: 2 };
  // How wide the column of names may be, and what stands around a name in it.
  const NAMES = { least: 104, most: 260, around: 28 };

  // ---- order and search

  const byName = new Intl.Collator(undefined, { numeric: true }).compare;
  functions.fleetByName = byName;
  // Devices without a site, zone or crop stand last.
  const byPlace = (a, b) => !a - !b || byName(a, b);
  functions.fleetByPlace = byPlace;
  // As the reader calls them, not by their keys.
  functions.fleetByCrop = (a, b, nodeA, nodeB) => byPlace(nodeA.data.crop_text, nodeB.data.crop_text);
  functions.fleetByState = (a, b) => STATES.indexOf(a) - STATES.indexOf(b);
  // Devices without a value stay at the end, whichever way the column is sorted.
  functions.fleetByValue = function (a, b, nodeA, nodeB, isDescending) {
    const left = a ? a.value : null;
    const right = b ? b.value : null;
    if (left === null || right === null) {
      const order = (left === null) - (right === null);
      return isDescending ? -order : order;
    }
    return left - right;
  };
  functions.fleetPlace = ({ data }) => [data.site, data.zone].filter(Boolean).join(" · ");
  functions.fleetUnsearched = () => "";
  functions.fleetSearched = ({ data }) => [data.device, data.site, data.zone, data.crop_text].join(" ");

  // What the reader wants to see. New columns (another unit) make the grid forget it, so it is said again then.
  let wanted = { search: "", model: {}, group: null };
  function filter(api) {
    if (JSON.stringify(api.getFilterModel()) !== JSON.stringify(wanted.model)) {
      api.setFilterModel(wanted.model);
    }
    if (api.getGridOption("quickFilterText") !== wanted.search) {
      // As one phrase: taken word by word, "GH 2" would find pi-2 in GH 1.
      api.setGridOption("quickFilterParser", (phrase) => [phrase.trim()]);
      api.setGridOption("quickFilterText", wanted.search);
    }
  }

  // ---- table on a desk, cards on a phone

  function fit(api) {
    const narrow = window.innerWidth <= CARD_WIDTH;
    const card = api.getColumn("card");
    if (!card || card.isVisible() === narrow) {
      return;
    }
    const never = ["card", ...FILTERED];
    const others = api.getColumns().filter((column) => !never.includes(column.getColId()));
    api.setGridOption("headerHeight", narrow ? 0 : HEADER_HEIGHT);
    api.setGridOption("rowHeight", narrow ? CARD_HEIGHT : ROW_HEIGHT);
    api.setGridOption("domLayout", narrow ? "autoHeight" : "normal");
    api.setColumnsVisible(["card"], narrow);
    api.setColumnsVisible([...others, "ag-Grid-SelectionColumn"], !narrow);
    api.resetRowHeights();
  }

  // The grid fits a column to the rows on screen only; scrolling would then change its width.
  let namesWidth = NAMES.least;
  function fitNames(api) {
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = "600 14px " + getComputedStyle(document.body).fontFamily;
    let widest = 0;
    api.forEachNode(({ data }) => (widest = Math.max(widest, pen.measureText(data.device).width)));
    const width = Math.min(Math.max(Math.ceil(widest) + NAMES.around, NAMES.least), NAMES.most);
    // A reader who made the column wider keeps that, until other names need another width.
    if (width !== namesWidth || api.getColumn("device").getActualWidth() === NAMES.least) {
      namesWidth = width;
      api.setColumnWidths([{ key: "device", newWidth: width }]);
    }
  }

  // ---- groups: a tile for each site, zone or crop, and the table in their order

  // Zones are called alike in every site.
  const GROUPED_BY = { site: ["site"], zone: ["site", "zone"], crop: ["crop"] };
  // A visit elsewhere ends a grid, and the next one begins in its own order.
  const sortedBy = new WeakMap();

  function sortByGroup(api) {
    if ((sortedBy.get(api) || null) === wanted.group) {
      return;
    }
    sortedBy.set(api, wanted.group);
    const order = [...(GROUPED_BY[wanted.group] || []), "device"];
    const state = order.map((colId, sortIndex) => ({ colId, sort: "asc", sortIndex }));
    api.applyColumnState({ state, defaultState: { sort: null } });
  }

  function groupsOf(api, nowhere) {
    const groups = new Map();
    api.forEachNode(function ({ data }) {
      const named = { ...data, crop: data.crop_text };
      const places = GROUPED_BY[wanted.group].map((field) => named[field]);
      const names = GROUPED_BY[wanted.group].map((field) => named[field] || nowhere[field]);
      const key = JSON.stringify(places);
      const group = groups.get(key) || { places, names, data, states: new Map(), shares: [] };
      const known = group.states.get(data.state) || { text: data.state_text, count: 0 };
      group.states.set(data.state, { ...known, count: known.count + 1 });
      if (typeof data.inside_day === "number") {
        group.shares.push(data.inside_day);
      }
      groups.set(key, group);
    });
    const order = (a, b) => a.places.reduce((found, place, at) => found || byPlace(place, b.places[at]), 0);
    return [...groups.values()].sort(order);
  }

  function tile(api, group) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "fleet-group";
    const title = document.createElement("strong");
    title.textContent = group.names.join(" · ");
    const states = document.createElement("span");
    states.className = "fleet-group-states";
    STATES.filter((state) => group.states.has(state)).forEach(function (state) {
      const { text, count } = group.states.get(state);
      const one = document.createElement("span");
      one.className = "state state-" + state;
      one.title = text;
      one.append(Object.assign(document.createElement("span"), { className: "state-shape" }), `${count} ${text}`);
      states.append(one);
    });
    const share = document.createElement("span");
    share.className = "fleet-group-share";
    const mean = group.shares.reduce((sum, one) => sum + one, 0) / group.shares.length;
    share.textContent = `${api.getColumnDef("inside_day").headerName}: ${group.shares.length ? percent(mean) : "–"}`;
    button.append(title, states, share);
    button.addEventListener("click", function () {
      GROUPED_BY[wanted.group].forEach((field) => choose(field, group.data[field] || NOWHERE));
    });
    return button;
  }

  // A second click on the only group that is shown shows all of them again.
  function choose(field, value) {
    const isChosen = JSON.stringify(wanted.model[field]) === JSON.stringify(condition(value));
    window.dash_clientside.set_props("fleet-" + field, { value: isChosen ? null : value });
  }

  function drawGroups(api) {
    const place = document.getElementById("fleet-groups");
    if (!place || !api.getColumn("device")) {
      return;
    }
    sortByGroup(api);
    const groups = wanted.group ? groupsOf(api, place.dataset) : [];
    const inside = api.getColumnDef("inside_day").headerName;
    const said = JSON.stringify([inside, groups.map((group) => [group.names, [...group.states], group.shares])]);
    // A new tile would take the focus, or half a click, from the one that it replaces.
    if (place.dataset.said !== said) {
      place.dataset.said = said;
      place.replaceChildren(...groups.map((group) => tile(api, group)));
    }
  }

  // Said at every turn that could make the grid forget it; it does nothing where all is as it should be.
  functions.fleetSettle = function ({ api }) {
    fit(api);
    if (api.getColumn("device")) {
      fitNames(api);
    }
    filter(api);
    drawGroups(api);
  };

  // ---- cells

  components.FleetDevice = ({ data }) => h("div", { className: "cell-name" }, h(DeviceLink, { device: data.device }));

  components.FleetState = ({ data }) =>
    h(
      "div",
      { className: "cell-state" },
      h(State, { data }),
      data.reason && h("span", { className: "cell-reason", title: data.reason }, data.reason),
    );

  components.FleetChannel = ({ value }) =>
    value && h("div", { className: "cell-channel" }, h(Value, { cell: value }), h(Spark, { cell: value }));

  components.FleetSeen = ({ data }) => h(Ago, { ms: data.seen_ms });

  components.FleetPlace = function ({ value, data }) {
    const grows = [data.crop_text, data.stage_text].filter(Boolean).join(", ");
    const lines = [["cell-place", value], ["cell-place cell-crop", grows]];
    return h("div", null, lines.map(([className, text]) => text && h("div", { key: className, className, title: text }, text)));
  };

  components.FleetShare = ({ value }) => h("span", { className: "cell-share" }, percent(value));

  function percent(share) {
    if (typeof share !== "number") {
      return "–";
    }
    // What was once outside never rounds up to all.
    return Math.floor(share * 100).toLocaleString(document.documentElement.lang) + "\u00a0%";
  }

  // The box of a card: on a phone the table's own column of boxes is not there.
  function Tick({ node, device }) {
    const [is, setIs] = window.React.useState(node.isSelected());
    window.React.useEffect(function () {
      const look = () => setIs(node.isSelected());
      node.addEventListener("rowSelected", look);
      return () => node.removeEventListener("rowSelected", look);
    }, [node]);
    const change = function (event) {
      setIs(event.target.checked);
      node.setSelected(event.target.checked);
    };
    // The grid would take a press for its own, focus the card and scroll it, and the press would end beside the box.
    const own = function (box) {
      ["pointerdown", "mousedown", "touchstart"].forEach(
        (press) => box && box.addEventListener(press, (event) => event.stopPropagation(), { passive: true }),
      );
    };
    return h("input", {
      ...{ type: "checkbox", className: "card-tick", "aria-label": device },
      ...{ checked: is, onChange: change, ref: own },
    });
  }

  components.FleetCard = function ({ data, api, node }) {
    const names = CHANNELS.map((channel) => api.getColumnDef(channel).headerName);
    const place = [data.site, data.zone, data.crop_text].filter(Boolean).join(" · ");
    return h(
      "article",
      { className: "fleet-row-card" },
      h("header", null, h(Tick, { node, device: data.device }), h(DeviceLink, { device: data.device }), h(State, { data })),
      h("p", { className: "card-place" }, h("span", null, place), h(Ago, { ms: data.seen_ms })),
      h(
        "dl",
        null,
        CHANNELS.map((channel, index) =>
          h(
            "div",
            { key: channel },
            h("dt", null, names[index]),
            h("dd", null, h(Value, { cell: data[channel] })),
            h(Spark, { cell: data[channel] }),
          ),
        ),
      ),
    );
  };

  function DeviceLink({ device }) {
    const href = "/devices/" + encodeURIComponent(device);
    return h("a", { className: "device-link", href, title: device, onClick: (event) => follow(event, href) }, device);
  }

  // The way of dcc.Link: tell Dash's pages without loading the document again, unless a new tab is wanted.
  function follow(event, href) {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0) {
      return;
    }
    event.preventDefault();
    window.history.pushState({}, "", href);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    window.scrollTo(0, 0);
  }

  function State({ data }) {
    return h(
      "span",
      { className: "state state-" + data.state },
      h("span", { className: "state-shape" }),
      data.state_text,
    );
  }

  function Value({ cell }) {
    return h(
      "span",
      { className: "value value-" + cell.mark, title: cell.title },
      h("span", { className: "value-mark", "aria-hidden": true }, MARKS[cell.mark] || ""),
      cell.text,
    );
  }

  // ---- 24 hours as a line over the band

  function Spark({ cell }) {
    const known = cell.spark.filter((mean) => mean !== null);
    if (!known.length) {
      return h("span", { className: "spark" });
    }
    const limits = cell.band.filter((limit) => limit !== null);
    const scale = verticalScale(Math.min(...known, ...limits), Math.max(...known, ...limits));
    const last = cell.spark.reduce((found, mean, hour) => (mean === null ? found : hour), 0);
    return h(
      "svg",
      {
        className: "spark",
        width: SPARK.width,
        height: SPARK.height,
        viewBox: `0 0 ${SPARK.width} ${SPARK.height}`,
        "aria-hidden": true,
      },
      limits.length === 2 && h(Band, { top: scale(limits[1]), bottom: scale(limits[0]) }),
      h("path", { className: "spark-line", d: line(cell.spark, scale) }),
      h("circle", { className: "spark-now", cx: across(last), cy: scale(cell.spark[last]), r: 1.8 }),
    );
  }

  function Band({ top, bottom }) {
    return h("rect", { className: "spark-band", x: 0, y: top, width: SPARK.width, height: Math.max(bottom - top, 1) });
  }

  function verticalScale(low, high) {
    const inside = SPARK.height - 2 * SPARK.edge;
    return (value) => SPARK.edge + inside * (high === low ? 0.5 : (high - value) / (high - low));
  }

  function across(hour) {
    return SPARK.edge + (hour / 23) * (SPARK.width - 2 * SPARK.edge);
  }

  // A missing hour lifts the pen; a lone hour becomes a dot.
  function line(means, scale) {
    return means
      .map(function (mean, hour) {
        if (mean === null) {
          return "";
        }
        const starts = hour === 0 || means[hour - 1] === null;
        const point = `${across(hour).toFixed(1)} ${scale(mean).toFixed(1)}`;
        return starts ? `M${point}h0.01` : `L${point}`;
      })
      .join("");
  }

  // ---- how long ago, by the server's clock

  let serverAheadMs = 0;
  // Only whole units count, as in app/pages/device/header.py. A unit, its seconds, and from how many on it is used: 59 days say more than a month, 13 years as much as 4,713 days.
  const UNITS = [
    ["year", 365.25 * 86400, 2],
    ["month", (365.25 / 12) * 86400, 2],
    ["day", 86400, 1],
    ["hour", 3600, 1],
    ["minute", 60, 1],
    ["second", 1, 0],
  ];

  function Ago({ ms }) {
    if (ms === null) {
      return h("span", { className: "ago" }, "–");
    }
    const title = new Date(ms).toLocaleString(document.documentElement.lang);
    return h("time", { className: "ago", "data-ms": ms, dateTime: new Date(ms).toISOString(), title }, ago(ms));
  }

  function ago(ms) {
    const seconds = Math.max(1, Math.floor((Date.now() + serverAheadMs - ms) / 1000));
    const [unit, size] = UNITS.find(([, size, from]) => seconds >= from * size);
    const format = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "always", style: "short" });
    return format.format(-Math.floor(seconds / size), unit);
  }

  window.setInterval(function () {
    document.querySelectorAll(".ago[data-ms]").forEach(function (element) {
      element.textContent = ago(Number(element.dataset.ms));
    });
  }, 1000);

  // ---- callbacks

  function isSet(value) {
    return value !== null && value !== undefined && value !== "" && value !== "all";
  }

  function condition(value) {
    return { filterType: "text", ...(value === NOWHERE ? { type: "blank" } : { type: "equals", filter: value }) };
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.fleet = {
    // Search and filters go to the grid, and into the address so that it can be shared.
    filter: function (search, site, zone, crop, state, group) {
      const filters = Object.entries({ site, zone, crop, state }).filter(([, value]) => isSet(value));
      const model = Object.fromEntries(filters.map(([name, to]) => [name, condition(to)]));
      wanted = { search: search || "", model, group: GROUPED_BY[group] ? group : null };
      window.dash_ag_grid.getApiAsync("fleet-grid").then((api) => functions.fleetSettle({ api }));
      const grouped = wanted.group ? [["group", wanted.group]] : [];
      const query = new URLSearchParams([...(isSet(search) ? [["q", search]] : []), ...filters, ...grouped]).toString();
      if (window.location.pathname === "/fleet") {
        window.history.replaceState(window.history.state, "", query ? "/fleet?" + query : "/fleet");
      }
      return query;
    },
    // Rows that are ticked can be compared and exported.
    choose: function (rows) {
      const names = (rows || []).map((row) => row.device).sort(byName);
      const query = "?devices=" + names.map(encodeURIComponent).join(",");
      return [names.length === 0, String(names.length), "/compare" + query, "/export" + query];
    },
    setClock: function (serverMs) {
      if (serverMs) {
        serverAheadMs = serverMs - Date.now();
      }
      return false;
    },
  };
})();
