// Draws the page: a file of its own, since the page's policy forbids scripts that stand in it.
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  // Asks nobody else whether the document is valid.
  validatorUrl: null,
});
