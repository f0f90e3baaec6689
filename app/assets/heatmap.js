// What the Heatmap does by itself in the browser; see app/pages/heatmap/callbacks.py.
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.heatmap = (function () {
  // Give the map once it is drawn: on a first visit the library that draws it arrives after the button.
  function drawnMap() {
    return new Promise(function (resolve) {
      (function look() {
        const map = document.querySelector("#heatmap-graph .js-plotly-plot");
        if (window.Plotly && map && map.data) {
          resolve(map);
        } else if (document.querySelector(".heatmap-page")) {
          setTimeout(look, 100);
        }
      })();
    });
  }
  return {
    // Tell the server about the screen, at the start of a visit and when light turns to dark.
    screen: function () {
      return window.hydrofleet.watchScreen(".heatmap-page", window.dash_clientside.callback_context.outputs_list.id);
    },
    // Keep the address in step with what is shown, without a new step for the back button each time.
    mirror: function (view) {
      window.history.replaceState(window.history.state, "", window.location.pathname + view);
      return view;
    },
    // Save the map as it is seen, on the color of its card: a transparent picture is unreadable on paper or in a chat.
    picture: async function (_clicks, view) {
      const map = await drawnMap();
      const ground = getComputedStyle(document.documentElement).getPropertyValue("--hf-surface").trim();
      const quantity = new URLSearchParams(view).get("quantity");
      window.Plotly.downloadImage(
        { data: map.data, layout: { ...map.layout, paper_bgcolor: ground, plot_bgcolor: ground } },
        { format: "png", scale: 2, width: map.offsetWidth, height: map.offsetHeight, filename: "heatmap_" + quantity },
      );
      return view;
    },
  };
})();
