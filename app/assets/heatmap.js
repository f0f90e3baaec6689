// What the Heatmap does by itself in the browser; see app/pages/heatmap/callbacks.py.
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.heatmap = (function () {
  function screen() {
    return {
      dark: document.documentElement.dataset.mantineColorScheme === "dark",
      narrow: window.matchMedia("(max-width: 640px)").matches,
    };
  }
  let watched = false;
  function watchColors(store) {
    if (watched) {
      return;
    }
    watched = true;
    new MutationObserver(function () {
      if (document.querySelector(".heatmap-page")) {
        window.dash_clientside.set_props(store, { data: screen() });
      }
    }).observe(document.documentElement, { attributes: true, attributeFilter: ["data-mantine-color-scheme"] });
  }
  return {
    // Tell the server about the screen, at the start of a visit and when light turns to dark.
    screen: function () {
      watchColors(window.dash_clientside.callback_context.outputs_list.id);
      return screen();
    },
    // Keep the address in step with what is shown, without a new step for the back button each time.
    mirror: function (view) {
      window.history.replaceState(window.history.state, "", window.location.pathname + view);
      return view;
    },
    // Save the map as it is seen, on the color of its card: a transparent picture is unreadable on paper or in a chat.
    picture: function (_clicks, view) {
      const map = document.querySelector("#heatmap-graph .js-plotly-plot");
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
