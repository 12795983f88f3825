// Answers lines of JSON: what asl-validator has against a definition, what JSONata's own
// implementation makes of an expression.
const readline = require("node:readline");

// The validator compiles its schemas anew for each definition; once will do for all.
const ajv = require("ajv");
const Schemas = ajv.default;
let compiled;
ajv.default = function (options) {
  if (compiled) compiled.addKeyword = () => compiled;
  return (compiled ??= new Schemas(options));
};

const validate = require("asl-validator");
const jsonata = require("jsonata");

async function answer({ definition, expression }) {
  if (definition !== undefined) {
    return validate(definition, { checkArn: true, checkPaths: true }).errors;
  }
  try {
    // A value that is undefined is left out, and Step Functions fails on it.
    return { value: await jsonata(expression).evaluate(null) };
  } catch (error) {
    return { error: error.message };
  }
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(JSON.stringify(await answer(JSON.parse(line))) + "\n");
  }
}

main();
