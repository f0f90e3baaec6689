// Tells the zoom of a figure from everything else that plotly reports by the same event; see app/components/graph.py.
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.zoom = {
  keep: function (relayout) {
    const isZoom = Object.keys(relayout || {}).some((name) => /^xaxis\.(range|autorange)/.test(name));
    return isZoom ? relayout : window.dash_clientside.no_update;
  },
};
