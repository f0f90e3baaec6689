// Indonesian for figures and date pickers. plotly's own "id" locale has an empty dictionary and American date order,
// hence this one; the grid gets its words from the server (app/components/grid.py).
(function () {
  "use strict";

  const months = [
    "Januari", "Februari", "Maret", "April", "Mei", "Juni",
    "Juli", "Agustus", "September", "Oktober", "November", "Desember",
  ];
  const shortMonths = ["Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"];
  const days = ["Minggu", "Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu"];
  const shortDays = ["Min", "Sen", "Sel", "Rab", "Kam", "Jum", "Sab"];

  const figures = {
    moduleType: "locale",
    name: "id",
    dictionary: {
      Autoscale: "Skala otomatis",
      "Box Select": "Pilih kotak",
      "Double-click to zoom back out": "Klik ganda untuk memperkecil",
      "Download plot as a PNG": "Unduh grafik sebagai PNG",
      "Lasso Select": "Pilih bebas",
      Pan: "Geser",
      Reset: "Atur ulang",
      "Reset axes": "Atur ulang sumbu",
      Zoom: "Perbesar",
      "Zoom in": "Perbesar",
      "Zoom out": "Perkecil",
      "Click to enter Plot title": "Klik untuk menulis judul",
      "Toggle show closest data on hover": "Tampilkan titik terdekat",
      "Compare data on hover": "Bandingkan data",
      "Show closest data on hover": "Tampilkan titik terdekat",
    },
    format: {
      days,
      shortDays,
      months,
      shortMonths,
      periods: ["AM", "PM"],
      dateTime: "%a %-d %b %Y %X",
      date: "%d/%m/%Y",
      time: "%H:%M:%S",
      decimal: ",",
      thousands: ".",
      grouping: [3],
      currency: ["Rp", ""],
      year: "%Y",
      month: "%b %Y",
      dayMonth: "%-d %b",
      dayMonthYear: "%-d %b %Y",
    },
  };

  // plotly arrives later than this file, and takes what waits for it here.
  if (typeof window.Plotly === "undefined") {
    (window.PlotlyLocales = window.PlotlyLocales || []).push(figures);
  } else {
    window.Plotly.register(figures);
  }

  // Mantine's date pickers look for this name.
  window.dayjs_locale_id = {
    name: "id",
    weekdays: days,
    weekdaysShort: shortDays,
    weekdaysMin: ["Mg", "Sn", "Sl", "Rb", "Km", "Jm", "Sb"],
    months,
    monthsShort: shortMonths,
    weekStart: 1,
    ordinal: (number) => String(number),
    formats: {
      LT: "HH.mm",
      LTS: "HH.mm.ss",
      L: "DD/MM/YYYY",
      LL: "D MMMM YYYY",
      LLL: "D MMMM YYYY HH.mm",
      LLLL: "dddd, D MMMM YYYY HH.mm",
    },
    relativeTime: {
      future: "dalam %s",
      past: "%s yang lalu",
      s: "beberapa detik",
      m: "semenit",
      mm: "%d menit",
      h: "sejam",
      hh: "%d jam",
      d: "sehari",
      dd: "%d hari",
      M: "sebulan",
      MM: "%d bulan",
      y: "setahun",
      yy: "%d tahun",
    },
  };
})();
