// What a schema of variables says a variable is when it is not given.
import {ts} from "./parser.mjs";
import {bare} from "./program.mjs";

/** `z.coerce.number().default(3000)`, `Joi.number().default(3000)`, `port({default: 3000})`: the 3000. */
export function defaultOf(values, node) {
  for (let call = bare(node); call && ts.isCallExpression(call);) {
    const access = bare(call.expression);
    if (!ts.isPropertyAccessExpression(access)) return values.properties(call.arguments[0])?.map.get("default");
    if (access.name.text === "default") return call.arguments[0];
    call = bare(access.expression);
  }
  return undefined;
}
