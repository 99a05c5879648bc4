// Draws the description of the addresses; without scripts the page keeps its link to the file.
window.SwaggerUIBundle({
  url: "/api/schema/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  validatorUrl: null, // no other host is asked
});
