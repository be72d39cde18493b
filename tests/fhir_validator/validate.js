// Reads a JSON list of resources, answers with the list of what is wrong with each. R4 definitions come with the package.
const { readFileSync } = require("fs");
const { Fhir } = require("fhir");

const fhir = new Fhir();
const problems = (resource) =>
  fhir
    .validate(resource, { errorOnUnexpected: true })
    .messages.filter((message) => message.severity !== "info")
    .map((message) => `${message.location}: ${message.message}`);

console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(problems)));
