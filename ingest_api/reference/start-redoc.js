"use strict";
Redoc.init(
  "/api/openapi.json",
  { theme: { typography: { fontFamily: "system-ui, sans-serif", headings: { fontFamily: "system-ui, sans-serif" } } } },
  document.getElementById("reference"),
);
