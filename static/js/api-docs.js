// Starts the documentation viewer on /api/docs/. Nothing is fetched from outside the site.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const place = document.getElementById("api-docs");
  window.SwaggerUIBundle({
    domNode: place,
    url: place.dataset.schema,
    deepLinking: false, // its links would stand inside its buttons
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    validatorUrl: null,
    displayRequestDuration: true,
  });
});
